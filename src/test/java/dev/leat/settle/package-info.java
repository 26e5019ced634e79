@NullMarked
package dev.leat.settle;

import org.jspecify.annotations.NullMarked;
