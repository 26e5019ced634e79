package dev.leat.dms;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table of the database, or a view.
 *
 * @param primaryKey its columns in the key's order; empty: none
 * @param root of a partition: the schema and the name of the partitioned table at the top, joined by a dot; else null
 */
public record CatalogTable(
        String schema,
        String name,
        TableKind kind,
        List<CatalogColumn> columns,
        List<String> primaryKey,
        @Nullable String root) {

    public CatalogTable {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** What can hold rows. */
    public enum TableKind {
        TABLE,
        PARTITIONED,
        VIEW
    }

    private static final Set<String> STRINGS =
            Set.of("character varying", "character", "text", "name", "citext", "bpchar");

    /**
     * A column.
     *
     * @param type as PostgreSQL's {@code format_type} writes it, such as {@code character varying(20)}
     */
    public record CatalogColumn(String name, String type) {

        /** The type without its length or precision, and without its time zone's place. */
        public String baseType() {
            return type.replaceAll("\\([0-9, ]*\\)", "").strip();
        }

        public boolean string() {
            return STRINGS.contains(baseType());
        }

        public boolean integer() {
            return Set.of("smallint", "integer", "bigint").contains(baseType());
        }

        public boolean number() {
            return integer() || Set.of("numeric", "real", "double precision").contains(baseType());
        }

        /** Whether DMS would treat it as a large object. */
        public boolean lob() {
            String base = baseType();
            return base.endsWith("[]")
                    || Set.of("text", "json", "jsonb", "bytea", "xml", "hstore", "tsvector")
                            .contains(base);
        }

        /** Whether DMS's name stands for the type of this column. */
        public boolean as(String dms) {
            String base = baseType();
            return switch (dms.toLowerCase(Locale.ROOT)) {
                case "int2" -> base.equals("smallint");
                case "int4" -> base.equals("integer");
                case "int8" -> base.equals("bigint");
                case "numeric", "decimal" -> base.equals("numeric") || base.equals("money");
                case "real4" -> base.equals("real");
                case "real8" -> base.equals("double precision");
                case "boolean" -> base.equals("boolean");
                case "date" -> base.equals("date");
                case "time" -> base.startsWith("time ");
                case "datetime" -> base.startsWith("timestamp");
                case "blob", "bytes" -> base.equals("bytea");
                case "nclob", "clob" -> lob() && !base.equals("bytea");
                case "string", "wstring" ->
                    !lob()
                            && !number()
                            && !Set.of("money", "boolean", "date").contains(base)
                            && !base.startsWith("time");
                default -> false;
            };
        }
    }

    public boolean view() {
        return kind == TableKind.VIEW;
    }

    /** The column of exactly this name. */
    public @Nullable CatalogColumn column(String wanted) {
        return columns.stream()
                .filter(each -> each.name().equals(wanted))
                .findFirst()
                .orElse(null);
    }

    /** The column of exactly this name; else the only one whose name differs in the case of letters alone. */
    public @Nullable CatalogColumn columnInAnyCase(String wanted) {
        CatalogColumn exact = column(wanted);
        if (exact != null) {
            return exact;
        }
        List<CatalogColumn> alike = columns.stream()
                .filter(each -> each.name().equalsIgnoreCase(wanted))
                .toList();
        return alike.size() == 1 ? alike.get(0) : null;
    }

    /** As SQL writes it: {@code public.orders}, {@code public."Orders"}. */
    public String sqlName() {
        return quoted(schema) + "." + quoted(name);
    }

    private static String quoted(String identifier) {
        return identifier.matches("[a-z_][a-z0-9_]*") ? identifier : '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** The schema and the name, joined by a dot: for messages. */
    @Override
    public String toString() {
        return schema + "." + name;
    }
}
