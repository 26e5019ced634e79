package dev.leat.dms;

import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.ColumnPlan.DecisionKind;
import dev.leat.dms.RuleAction.AddBeforeImageColumns;
import dev.leat.dms.RuleAction.AddColumn;
import dev.leat.dms.RuleAction.ChangeDataType;
import dev.leat.dms.RuleAction.IncludeColumn;
import dev.leat.dms.RuleAction.MaskColumn;
import dev.leat.dms.RuleAction.NameChange;
import dev.leat.dms.RuleAction.RemoveColumn;
import dev.leat.dms.TransformationRule.RuleTarget;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides what happens to the columns of a table. A column has one action, that of the rule with the lowest number; only a mask and
 * a change of the type go together. Included columns leave out all others of their table.
 */
final class ColumnPlanner {

    private final List<TransformationRule> rules;
    private final PlanFindings findings;

    /**
     * @param transformations in the order of their numbers
     */
    ColumnPlanner(List<TransformationRule> transformations, PlanFindings findings) {
        this.rules = transformations.stream()
                .filter(rule -> rule.target() == RuleTarget.COLUMN)
                .toList();
        this.findings = findings;
    }

    /** The columns of the table in its order, then those that are added. */
    List<ColumnPlan> plan(CatalogTable table, @Nullable ObjectMappingRule form) {
        List<TransformationRule> matching =
                rules.stream().filter(rule -> rule.locator().matches(table)).toList();
        Set<String> excluded = excluded(table, form);
        boolean including = matching.stream()
                .anyMatch(rule -> rule.action() instanceof IncludeColumn
                        && table.columns().stream().anyMatch(rule::takes));
        List<ColumnPlan> columns = new ArrayList<>();
        for (CatalogColumn column : table.columns()) {
            columns.add(column(
                    table,
                    column,
                    matching,
                    including,
                    form != null && excluded.contains(column.name()) ? form : null));
        }
        List<ColumnPlan> added = added(table, matching);
        columns.addAll(added);
        columns.addAll(beforeImages(table, matching));
        requireColumns(table, matching, added);
        requireOneTarget(table, columns);
        return columns;
    }

    private ColumnPlan column(
            CatalogTable table,
            CatalogColumn column,
            List<TransformationRule> matching,
            boolean including,
            @Nullable ObjectMappingRule excluding) {
        List<TransformationRule> all =
                matching.stream().filter(rule -> rule.takes(column)).toList();
        List<TransformationRule> effective = effective(all);
        tellOverridden(table, column.name(), all, effective);
        List<ColumnDecision> decisions = new ArrayList<>();
        String target = column.name();
        boolean sent = true;
        for (TransformationRule rule : effective) {
            ColumnDecision decision = decision(table, column, rule);
            decisions.add(decision);
            sent &= decision.kind() != DecisionKind.REMOVED;
            if (rule.action() instanceof NameChange change) {
                target = change.of(column.name());
                if (target.isEmpty()) {
                    findings.fault(rule.rule(), table + "." + column.name() + " would have no name left");
                }
            }
        }
        if (including && all.stream().noneMatch(rule -> rule.action() instanceof IncludeColumn)) {
            sent = false;
            decisions.add(new ColumnDecision(
                    DecisionKind.NOT_INCLUDED, first(matching, table), null, "left out, as others are included"));
        }
        if (excluding != null) {
            sent = false;
            decisions.add(new ColumnDecision(
                    DecisionKind.EXCLUDED, excluding.rule(), null, "excluded, no attribute of the record"));
        }
        return new ColumnPlan(column.name(), column.type(), false, sent, target, decisions);
    }

    /** The first rule that includes a column of the table. */
    private static @Nullable RuleName first(List<TransformationRule> matching, CatalogTable table) {
        return matching.stream()
                .filter(rule -> rule.action() instanceof IncludeColumn
                        && table.columns().stream().anyMatch(rule::takes))
                .map(TransformationRule::rule)
                .findFirst()
                .orElse(null);
    }

    private static List<TransformationRule> effective(List<TransformationRule> matching) {
        if (matching.isEmpty()) {
            return List.of();
        }
        TransformationRule decisive = matching.get(0);
        List<TransformationRule> effective = new ArrayList<>(List.of(decisive));
        matching.stream()
                .filter(rule -> decisive.action() instanceof MaskColumn && rule.action() instanceof ChangeDataType
                        || decisive.action() instanceof ChangeDataType && rule.action() instanceof MaskColumn)
                .findFirst()
                .ifPresent(effective::add);
        return effective;
    }

    private void tellOverridden(
            CatalogTable table, String column, List<TransformationRule> all, List<TransformationRule> effective) {
        for (TransformationRule rule : all) {
            findings.matched(rule.rule());
            // An include that comes later still says that the column is one of those to keep.
            if (!effective.contains(rule) && !(rule.action() instanceof IncludeColumn)) {
                findings.overridden(rule.rule(), effective.get(0).rule(), table + "." + column);
            }
        }
    }

    private ColumnDecision decision(CatalogTable table, CatalogColumn column, TransformationRule rule) {
        RuleAction action = rule.action();
        if (action instanceof NameChange change) {
            String target = change.of(column.name());
            return decision(
                    DecisionKind.RENAMED,
                    rule,
                    target.equals(column.name()) ? "keeps its name" : "renamed to " + target);
        }
        if (action instanceof RemoveColumn) {
            return decision(DecisionKind.REMOVED, rule, "removed");
        }
        if (action instanceof IncludeColumn) {
            return decision(DecisionKind.INCLUDED, rule, "included");
        }
        if (action instanceof ChangeDataType change) {
            return decision(DecisionKind.TYPE_CHANGED, rule, "its type becomes " + change.type());
        }
        if (action instanceof MaskColumn mask) {
            requireMaskable(table, column, rule, mask);
            return decision(DecisionKind.MASKED, rule, masked(mask));
        }
        throw new IllegalStateException(rule.rule() + " is not about an existing column");
    }

    private static ColumnDecision decision(DecisionKind kind, TransformationRule rule, String text) {
        return new ColumnDecision(kind, rule.rule(), rule.action(), text);
    }

    private static String masked(MaskColumn mask) {
        return switch (mask.kind()) {
            case DIGITS -> "its digits become " + mask.digit();
            case RANDOM_DIGITS -> "its digits become random ones";
            case HASH -> "its value becomes a hash";
        };
    }

    /** Values of another type would leave as they are. */
    private void requireMaskable(CatalogTable table, CatalogColumn column, TransformationRule rule, MaskColumn mask) {
        boolean digits = mask.kind() == RuleAction.MaskKind.RANDOM_DIGITS;
        if (!column.string()
                && !(digits && (column.integer() || column.baseType().equals("numeric")))) {
            findings.fault(
                    rule.rule(),
                    "the mask is for " + (digits ? "strings and exact numbers" : "strings") + ", and " + table + "."
                            + column.name() + " is " + column.type() + ": remove the column instead");
        }
    }

    private List<ColumnPlan> added(CatalogTable table, List<TransformationRule> matching) {
        Map<String, TransformationRule> by = new LinkedHashMap<>();
        List<ColumnPlan> added = new ArrayList<>();
        for (TransformationRule rule : matching) {
            if (!(rule.action() instanceof AddColumn column)) {
                continue;
            }
            findings.matched(rule.rule());
            TransformationRule before = by.putIfAbsent(column.name(), rule);
            if (before != null) {
                findings.fault(
                        rule.rule(),
                        "it adds the column \"" + column.name() + "\" to " + table + ", which " + before.rule()
                                + " adds already: give it another name, or remove one of them");
            } else if (table.column(column.name()) != null) {
                findings.fault(
                        rule.rule(),
                        table + " has a column \"" + column.name() + "\" already: give the added column another name");
            } else {
                added.add(new ColumnPlan(
                        column.name(),
                        column.type().toString(),
                        true,
                        true,
                        column.name(),
                        addition(table, rule, column, matching)));
            }
        }
        return added;
    }

    /** The column's addition, and a mask that comes after it. */
    private List<ColumnDecision> addition(
            CatalogTable table, TransformationRule rule, AddColumn column, List<TransformationRule> matching) {
        List<ColumnDecision> decisions = new ArrayList<>();
        decisions.add(decision(
                DecisionKind.ADDED,
                rule,
                "added as " + column.type() + (column.expression() == null ? ", null" : " = " + column.expression())));
        for (TransformationRule other : matching) {
            if (other.action() instanceof MaskColumn mask
                    && other.locator().column() != null
                    && other.locator().column().matches(column.name())) {
                findings.matched(other.rule());
                if (other.rule().number() < rule.rule().number()) {
                    findings.overridden(
                            other.rule(), rule.rule(), table + "." + column.name() + ", which is added later");
                } else {
                    decisions.add(decision(DecisionKind.MASKED, other, masked(mask)));
                    break;
                }
            }
        }
        return decisions;
    }

    private List<ColumnPlan> beforeImages(CatalogTable table, List<TransformationRule> matching) {
        List<ColumnPlan> added = new ArrayList<>();
        TransformationRule decisive = null;
        for (TransformationRule rule : matching) {
            if (!(rule.action() instanceof AddBeforeImageColumns images)) {
                continue;
            }
            findings.matched(rule.rule());
            if (decisive != null) {
                findings.overridden(rule.rule(), decisive.rule(), table.toString());
                continue;
            }
            decisive = rule;
            for (CatalogColumn column : table.columns()) {
                boolean wanted = switch (images.filter()) {
                    case PRIMARY_KEY -> table.primaryKey().contains(column.name());
                    case NO_LOB -> !column.lob();
                    case ALL -> true;
                };
                if (wanted) {
                    String name = images.prefix() + column.name() + images.suffix();
                    added.add(new ColumnPlan(
                            name,
                            column.type(),
                            true,
                            true,
                            name,
                            List.of(decision(
                                    DecisionKind.BEFORE_IMAGE,
                                    rule,
                                    "added to updates: the value of " + column.name() + " before"))));
                }
            }
        }
        return added;
    }

    private Set<String> excluded(CatalogTable table, @Nullable ObjectMappingRule form) {
        Set<String> names = new HashSet<>();
        if (form == null) {
            return names;
        }
        for (String given : form.excluded()) {
            CatalogColumn column = table.columnInAnyCase(given);
            if (column != null) {
                names.add(column.name());
            } else if (form.locator().exact()) {
                findings.fault(
                        form.rule(),
                        "exclude-columns names \"" + given + "\", and " + table + " has no such column"
                                + SelectionPlanner.meant(table, given));
            } else {
                findings.notice(
                        form.rule(), "exclude-columns names \"" + given + "\", which " + table + " does not have");
            }
        }
        return names;
    }

    /**
     * A mistake in the name of a column to remove or to mask would let its values leave. It is a fault where the rule names one
     * table and one column. In other rules a column may well be missing from some tables.
     */
    private void requireColumns(CatalogTable table, List<TransformationRule> matching, List<ColumnPlan> added) {
        for (TransformationRule rule : matching) {
            NamePattern column = rule.locator().column();
            String name = column == null ? null : column.name();
            boolean withholds = rule.action() instanceof RemoveColumn || rule.action() instanceof MaskColumn;
            if (column == null || name == null || !withholds || !rule.locator().names(table)) {
                continue;
            }
            if (Stream.concat(
                            table.columns().stream().map(CatalogColumn::name),
                            added.stream().map(ColumnPlan::name))
                    .noneMatch(column::matches)) {
                findings.fault(
                        rule.rule(), table + " has no column \"" + name + "\"" + SelectionPlanner.meant(table, name));
            }
        }
    }

    private void requireOneTarget(CatalogTable table, List<ColumnPlan> columns) {
        Map<String, ColumnPlan> targets = new LinkedHashMap<>();
        for (ColumnPlan column : columns) {
            if (!column.sent()) {
                continue;
            }
            ColumnPlan before = targets.putIfAbsent(column.target(), column);
            if (before != null) {
                ColumnPlan blamed = blamed(column) ? column : before;
                findings.fault(
                        rule(blamed),
                        "\"" + before.name() + "\" and \"" + column.name() + "\" of " + table
                                + " would both be called \"" + column.target() + "\": give one of them another name");
            }
        }
    }

    private static boolean blamed(ColumnPlan column) {
        return column.added() || !column.target().equals(column.name());
    }

    private static RuleName rule(ColumnPlan column) {
        return column.decisions().stream()
                .map(ColumnDecision::rule)
                .filter(rule -> rule != null)
                .findFirst()
                .orElseThrow();
    }
}
