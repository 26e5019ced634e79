/** Connections whose transactions are pinned. */
@NullMarked
package dev.leat.database;

import org.jspecify.annotations.NullMarked;
