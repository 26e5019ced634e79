package dev.leat.dms;

import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.SelectionRule.SelectionAction;
import dev.leat.dms.SourceFilter.FilterCondition;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which rule selects a table. An exclude beats all others; then a rule with the table's exact name beats one with
 * wildcards; then the lower number decides.
 */
final class SelectionPlanner {

    private final List<SelectionRule> rules;
    private final PlanFindings findings;

    SelectionPlanner(List<SelectionRule> rules, PlanFindings findings) {
        this.rules = rules;
        this.findings = findings;
    }

    /** The rule that selects the table or leaves it out; null: none matches. */
    @Nullable
    SelectionRule decide(CatalogTable table) {
        List<SelectionRule> matching = rules.stream()
                .filter(rule -> rule.matches(table))
                // Changes of a partition are captured with its table, so a wildcard is not about it.
                .filter(rule -> table.root() == null || rule.action() == SelectionAction.EXCLUDE || rule.names(table))
                .toList();
        matching.forEach(rule -> findings.matched(rule.rule()));
        SelectionRule decisive = first(matching, rule -> rule.action() == SelectionAction.EXCLUDE);
        if (decisive == null) {
            decisive = first(matching, rule -> rule.names(table));
        }
        if (decisive == null) {
            decisive = first(matching, rule -> true);
        }
        for (SelectionRule rule : matching) {
            // That a wildcard matches what another rule names is how such files are written.
            if (decisive != null && rule != decisive && rule.names(table)) {
                findings.overridden(rule.rule(), decisive.rule(), table.toString());
            }
        }
        return decisive;
    }

    private static @Nullable SelectionRule first(
            List<SelectionRule> rules, java.util.function.Predicate<SelectionRule> wanted) {
        return rules.stream().filter(wanted).findFirst().orElse(null);
    }

    /** Checks the filters of a rule that selects the table. */
    void checkFilters(SelectionRule rule, CatalogTable table) {
        for (SourceFilter filter : rule.filters()) {
            CatalogColumn column = table.column(filter.column());
            if (column == null) {
                findings.fault(
                        rule.rule(),
                        table + " has no column \"" + filter.column() + "\" to filter by"
                                + meant(table, filter.column()));
                continue;
            }
            for (FilterCondition condition : filter.conditions()) {
                condition.values().stream()
                        .filter(value -> !readable(column, value))
                        .forEach(value -> findings.fault(
                                rule.rule(),
                                "the filter on \"" + column.name()
                                        + "\" compares with \"" + value + "\", and the column is " + column.type()
                                        + " in " + table
                                        + ": write a value of that type"));
            }
        }
    }

    private static boolean readable(CatalogColumn column, String value) {
        if (column.integer() || column.number()) {
            return value.strip().matches("[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?");
        }
        if (column.baseType().equals("date") || column.baseType().startsWith("timestamp")) {
            return value.strip()
                    .matches("[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?.*)?");
        }
        return true;
    }

    /** Reports rules that match nothing. */
    void unmatched(List<CatalogTable> tables) {
        for (SelectionRule rule : rules) {
            if (findings.hasMatched(rule.rule())) {
                continue;
            }
            String text = "no "
                    + (rule.types() == SelectionRule.TableType.ALL
                            ? "table or view"
                            : rule.types().word()) + " of this database matches " + rule.locator();
            if (rule.action() == SelectionAction.EXCLUDE || !rule.locator().exact()) {
                findings.notice(rule.rule(), text);
            } else {
                findings.fault(rule.rule(), text + alike(rule, tables));
            }
        }
    }

    private static String alike(SelectionRule rule, List<CatalogTable> tables) {
        String wanted = (rule.locator().schema().name() + "." + name(rule)).toLowerCase(Locale.ROOT);
        String alike = tables.stream()
                .filter(table -> table.toString().toLowerCase(Locale.ROOT).equals(wanted))
                .map(table -> table.view() ? table + " (a view)" : table.toString())
                .collect(Collectors.joining(", "));
        return alike.isEmpty()
                ? ": correct the name, or remove the rule"
                : ": there is " + alike + ", and case and type count";
    }

    private static @Nullable String name(SelectionRule rule) {
        NamePattern table = rule.locator().table();
        return table == null ? null : table.name();
    }

    /** What else could be meant by a column's name, as the end of a message. */
    static String meant(CatalogTable table, String column) {
        CatalogColumn alike = table.columnInAnyCase(column);
        return alike == null
                ? ": it has "
                        + table.columns().stream().map(CatalogColumn::name).collect(Collectors.joining(", "))
                : ": it has \"" + alike.name() + "\", and case counts";
    }
}
