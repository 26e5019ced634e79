package dev.leat.dms;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A condition on one column of the source: one of its conditions must be true. The filters of a rule must all be true.
 *
 * @param column by its name in the source, in its own case
 * @param conditions at least one; a {@linkplain FilterOperator#negative() negative} one stands alone
 */
public record SourceFilter(String column, List<FilterCondition> conditions) {

    public SourceFilter {
        conditions = List.copyOf(conditions);
    }

    /**
     * One comparison.
     *
     * @param values as many as the operator takes, as text
     */
    public record FilterCondition(FilterOperator operator, List<String> values) {

        public FilterCondition {
            values = List.copyOf(values);
        }

        private String sql(String column) {
            List<String> literals = values.stream().map(SourceFilter::literal).toList();
            return switch (operator) {
                case EQUAL -> column + " = " + literals.get(0);
                case NOT_EQUAL -> column + " <> " + literals.get(0);
                case AT_LEAST -> column + " >= " + literals.get(0);
                case AT_MOST -> column + " <= " + literals.get(0);
                case BETWEEN -> column + " BETWEEN " + String.join(" AND ", literals);
                case NOT_BETWEEN -> column + " NOT BETWEEN " + String.join(" AND ", literals);
                case NULL -> column + " IS NULL";
                case NOT_NULL -> column + " IS NOT NULL";
            };
        }
    }

    /** The operators of DMS. There is none for less and for greater alone. */
    public enum FilterOperator {
        EQUAL("eq", 1, false),
        NOT_EQUAL("noteq", 1, true),
        AT_LEAST("gte", 1, false),
        AT_MOST("lte", 1, false),
        BETWEEN("between", 2, false),
        NOT_BETWEEN("notbetween", 2, true),
        NULL("null", 0, false),
        NOT_NULL("notnull", 0, true);

        private final String word;
        private final int operands;
        private final boolean negative;

        FilterOperator(String word, int operands, boolean negative) {
            this.word = word;
            this.operands = operands;
            this.negative = negative;
        }

        /** As {@code leat.attach} writes it, which is DMS's word. */
        public String word() {
            return word;
        }

        /** How many values it compares with: 0, 1 or 2. */
        public int operands() {
            return operands;
        }

        /** Whether it must be the only condition of its filter. */
        public boolean negative() {
            return negative;
        }
    }

    /**
     * The filter as a condition of SQL. Its literals have no type of their own, so PostgreSQL compares by the column's type:
     * numbers as numbers, times as times.
     */
    public String sql() {
        String column = '"' + this.column.replace("\"", "\"\"") + '"';
        String all = conditions.stream().map(condition -> condition.sql(column)).collect(Collectors.joining(" OR "));
        return conditions.size() == 1 ? all : "(" + all + ")";
    }

    /** All filters of a rule as one condition; empty text: none. */
    public static String sql(List<SourceFilter> filters) {
        return filters.stream().map(SourceFilter::sql).collect(Collectors.joining(" AND "));
    }

    /** All filters of a rule as {@code leat.attach} takes them. */
    public static String json(List<SourceFilter> filters) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartArray();
            for (SourceFilter filter : filters) {
                json.writeStartObject();
                json.writeStringField("column", filter.column());
                json.writeArrayFieldStart("any");
                for (FilterCondition condition : filter.conditions()) {
                    json.writeStartObject();
                    json.writeStringField("operator", condition.operator().word());
                    if (condition.operator().operands() == 1) {
                        json.writeStringField("value", condition.values().get(0));
                    } else if (condition.operator().operands() == 2) {
                        json.writeStringField("start", condition.values().get(0));
                        json.writeStringField("end", condition.values().get(1));
                    }
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return text.toString();
    }

    private static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        // A backslash must mean itself whatever standard_conforming_strings says.
        return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }
}
