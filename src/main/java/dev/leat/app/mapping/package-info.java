/** {@code leat attach --dms-mappings}: what a file of table mappings does with the tables of the database, shown or done. */
@NullMarked
package dev.leat.app.mapping;

import org.jspecify.annotations.NullMarked;
