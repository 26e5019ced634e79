/**
 * What table mappings of AWS DMS mean for the tables of a database: rules, patterns of names, and a {@linkplain
 * dev.leat.dms.MappingPlanner plan} that says for each table and column what happens and which rule decided. {@link
 * dev.leat.dms.attachment.Applicability} says which of that Leat can do. Files are read in {@code dev.leat.dms.file}.
 *
 * <p>Nothing here uses a database. The rules that DMS does not document are in docs/decisions/0022-dms-mappings.md.
 */
@NullMarked
package dev.leat.dms;

import org.jspecify.annotations.NullMarked;
