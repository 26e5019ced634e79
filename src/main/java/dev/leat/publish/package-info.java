/** Room 4 of 5. */
@NullMarked
package dev.leat.publish;

import org.jspecify.annotations.NullMarked;
