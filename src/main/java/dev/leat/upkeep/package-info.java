/** What keeps the house standing between passes: migrations, the signs of life of pollers, and the removal of what was kept. */
@NullMarked
package dev.leat.upkeep;

import org.jspecify.annotations.NullMarked;
