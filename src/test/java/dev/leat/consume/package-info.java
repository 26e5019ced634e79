@NullMarked
package dev.leat.consume;

import org.jspecify.annotations.NullMarked;
