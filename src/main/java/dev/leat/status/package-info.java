/** How things stand, for {@code leat status}. */
@NullMarked
package dev.leat.status;

import org.jspecify.annotations.NullMarked;
