/** Definitions of settings: each has its names, its default, its limits and its meaning in one place. */
@NullMarked
package dev.leat.settings;

import org.jspecify.annotations.NullMarked;
