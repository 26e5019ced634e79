@NullMarked
package dev.leat.load;

import org.jspecify.annotations.NullMarked;
