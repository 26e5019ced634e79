@NullMarked
package dev.leat.claim;

import org.jspecify.annotations.NullMarked;
