/**
 * The expressions of {@code add-column} rules: the part of AWS DMS's dialect of SQLite that {@code docs/dms.md} lists, as the tree that
 * {@code leat.attach} takes.
 */
@NullMarked
package dev.leat.dms.expression;

import org.jspecify.annotations.NullMarked;
