package dev.leat.dms;

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
        EQUAL(1, false),
        NOT_EQUAL(1, true),
        AT_LEAST(1, false),
        AT_MOST(1, false),
        BETWEEN(2, false),
        NOT_BETWEEN(2, true),
        NULL(0, false),
        NOT_NULL(0, true);

        private final int operands;
        private final boolean negative;

        FilterOperator(int operands, boolean negative) {
            this.operands = operands;
            this.negative = negative;
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

    private static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        // A backslash must mean itself whatever standard_conforming_strings says.
        return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }
}
