/** The walk of {@code docs/tour.md}, done for real. */
@NullMarked
package dev.leat.tour;

import org.jspecify.annotations.NullMarked;
