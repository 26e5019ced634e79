/** Faults by their names, one class for each: pollers in processes of their own, and what breaks around them. */
@NullMarked
package dev.leat.faults;

import org.jspecify.annotations.NullMarked;
