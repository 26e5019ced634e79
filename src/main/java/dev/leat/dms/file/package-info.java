/** Reads files of AWS DMS's table mappings into rules, and reports every fault of a file at once. */
@NullMarked
package dev.leat.dms.file;

import org.jspecify.annotations.NullMarked;
