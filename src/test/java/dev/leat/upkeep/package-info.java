@NullMarked
package dev.leat.upkeep;

import org.jspecify.annotations.NullMarked;
