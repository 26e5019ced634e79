package dev.leat.dms;

/**
 * Changes schemas, tables or columns on their way.
 *
 * @param locator has a table unless the target is a schema, and a column if the action is about existing columns
 */
public record TransformationRule(RuleName rule, RuleTarget target, Locator locator, RuleAction action)
        implements MappingRule {

    /** What a rule is about. */
    public enum RuleTarget {
        SCHEMA("schema"),
        TABLE("table"),
        COLUMN("column");

        private final String word;

        RuleTarget(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** Whether the rule is about this column of a table that its locator matches. */
    boolean takes(CatalogTable.CatalogColumn column) {
        return locator.column() != null
                && locator.column().matches(column.name())
                && (locator.dataType() == null || column.as(locator.dataType()));
    }
}
