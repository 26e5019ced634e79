package dev.leat.dms;

import org.jspecify.annotations.Nullable;

/**
 * The objects that a rule is about, by their names in the source.
 *
 * @param table null: a rule about schemas
 * @param column null: a rule about schemas or tables
 * @param dataType DMS's name of a type, for columns of this type alone; null: of any type
 */
public record Locator(
        NamePattern schema,
        @Nullable NamePattern table,
        @Nullable NamePattern column,
        @Nullable String dataType) {

    public Locator(NamePattern schema, NamePattern table) {
        this(schema, table, null, null);
    }

    /** Whether the table's schema and, if the locator has it, its name match. */
    public boolean matches(CatalogTable candidate) {
        return schema.matches(candidate.schema()) && (table == null || table.matches(candidate.name()));
    }

    /** Whether the locator has the table's own names rather than wildcards that match them. */
    public boolean names(CatalogTable candidate) {
        return schema.names(candidate.schema()) && table != null && table.names(candidate.name());
    }

    /** Whether the locator is about one table, which may not exist. */
    public boolean exact() {
        return schema.name() != null && table != null && table.name() != null;
    }

    /** Such as {@code sales.orders.%}. */
    @Override
    public String toString() {
        return schema + (table == null ? "" : "." + table) + (column == null ? "" : "." + column);
    }
}
