/** Leat's schema in the database: its migrations, how it stands to this Leat, and whether it is its owner's alone. */
@NullMarked
package dev.leat.schema;

import org.jspecify.annotations.NullMarked;
