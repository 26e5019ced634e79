/** What {@code leat doctor} looks at in the database, and what it finds. */
@NullMarked
package dev.leat.doctor;

import org.jspecify.annotations.NullMarked;
