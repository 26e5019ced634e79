/** The computation behind {@code docs/capacity.md}: a test holds the page's tables equal to what it makes of the figures. */
@NullMarked
package dev.leat.capacity;

import org.jspecify.annotations.NullMarked;
