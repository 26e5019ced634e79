@NullMarked
package dev.leat.shape;

import org.jspecify.annotations.NullMarked;
