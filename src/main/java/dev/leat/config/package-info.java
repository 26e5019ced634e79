/** The settings that options and environment variables give, all checked before anything starts. */
@NullMarked
package dev.leat.config;

import org.jspecify.annotations.NullMarked;
