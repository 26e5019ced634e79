/** What may know what. */
@NullMarked
package dev.leat.architecture;

import org.jspecify.annotations.NullMarked;
