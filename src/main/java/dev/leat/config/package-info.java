/** What a person can set, by option or by environment, checked as a whole before anything starts. */
@NullMarked
package dev.leat.config;

import org.jspecify.annotations.NullMarked;
