/** A run that a person leaves alone overnight: pollers, bounded tables, and figures that must stay flat. */
@NullMarked
package dev.leat.soak;

import org.jspecify.annotations.NullMarked;
