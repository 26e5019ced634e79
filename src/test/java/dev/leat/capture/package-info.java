/** What the database side does, by behaviour: one class for each. */
@NullMarked
package dev.leat.capture;

import org.jspecify.annotations.NullMarked;
