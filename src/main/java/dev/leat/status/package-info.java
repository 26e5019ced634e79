/** The state of Leat in a database, for {@code leat status}. */
@NullMarked
package dev.leat.status;

import org.jspecify.annotations.NullMarked;
