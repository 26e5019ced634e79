package dev.leat.dms;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Selects tables, or leaves them out.
 *
 * @param filters all of them must be true of a row; empty: every row
 * @param loadOrder tables with a higher one begin to be loaded first; null: after all others
 */
public record SelectionRule(
        RuleName rule,
        SelectionAction action,
        Locator locator,
        TableType types,
        List<SourceFilter> filters,
        @Nullable Integer loadOrder)
        implements MappingRule {

    public SelectionRule {
        filters = List.copyOf(filters);
    }

    /** What becomes of the objects that match. */
    public enum SelectionAction {
        INCLUDE("include"),
        EXCLUDE("exclude"),
        /** One table by its exact name. */
        EXPLICIT("explicit");

        private final String word;

        SelectionAction(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }
    }

    /** The kinds of objects that a rule selects. */
    public enum TableType {
        TABLE("table"),
        VIEW("view"),
        ALL("all");

        private final String word;

        TableType(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        boolean takes(CatalogTable table) {
            return this == ALL || (this == VIEW) == table.view();
        }
    }

    boolean matches(CatalogTable table) {
        return types.takes(table) && locator.matches(table);
    }

    /** Whether the rule is about this table by its exact name. */
    boolean names(CatalogTable table) {
        return types.takes(table) && locator.names(table);
    }
}
