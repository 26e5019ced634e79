package dev.leat.dms;

import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.KeyChoice;
import dev.leat.dms.ObjectMappingRule.MappedDocument;
import dev.leat.dms.ObjectMappingRule.MappedText;
import dev.leat.dms.ObjectMappingRule.MappedValue;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.RuleAction.DefinePrimaryKey;
import dev.leat.dms.RuleAction.NameChange;
import dev.leat.dms.SelectionRule.SelectionAction;
import dev.leat.dms.TablePlan.ChangedName;
import dev.leat.dms.TablePlan.DefinedKey;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.TablePlan.TargetPlan;
import dev.leat.dms.TransformationRule.RuleTarget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Decides what the rules of a file do with the tables of a database. */
public final class MappingPlanner {

    private final TableMappings mappings;
    private final PlanFindings findings;
    private final List<TransformationRule> transformations;
    private final SelectionPlanner selections;
    private final ColumnPlanner columns;

    private MappingPlanner(TableMappings mappings) {
        this.mappings = mappings;
        this.findings = new PlanFindings(mappings.file());
        this.transformations = mappings.of(TransformationRule.class);
        this.selections = new SelectionPlanner(mappings.of(SelectionRule.class), findings);
        this.columns = new ColumnPlanner(transformations, findings);
    }

    /**
     * @param tables of the database, partitions and views too, in any order
     */
    public static MappingPlan plan(TableMappings mappings, List<CatalogTable> tables) {
        List<CatalogTable> sorted = tables.stream()
                .sorted(Comparator.comparing(CatalogTable::schema).thenComparing(CatalogTable::name))
                .toList();
        return new MappingPlanner(mappings).plan(sorted);
    }

    private MappingPlan plan(List<CatalogTable> tables) {
        List<TablePlan> plans = new ArrayList<>();
        for (CatalogTable table : tables) {
            SelectionRule selection = selections.decide(table);
            if (selection == null && table.root() != null) {
                continue;
            }
            plans.add(
                    selection == null || selection.action() == SelectionAction.EXCLUDE
                            ? TablePlan.unselected(table, selection)
                            : selected(table, selection));
        }
        selections.unmatched(tables);
        requireOneTarget(plans);
        requireTableOrPartitions(plans);
        tellUnmatched();
        List<String> notices = new ArrayList<>(mappings.notices());
        notices.addAll(findings.notices());
        keyNotices(plans, notices);
        return new MappingPlan(mappings.file(), plans, notices, findings.faults());
    }

    /** Consumers of DMS know another partition key, so that the difference is told where no rule says the key. */
    private void keyNotices(List<TablePlan> plans, List<String> notices) {
        List<CatalogTable> undecided = plans.stream()
                .filter(plan -> plan.target() != null
                        && plan.target().key().rule() == null
                        && !plan.table().view())
                .map(TablePlan::table)
                .toList();
        tell(
                undecided.stream()
                        .filter(table -> !table.primaryKey().isEmpty())
                        .toList(),
                "no rule says the partition key, so it is the primary key; DMS takes schema and table for changes",
                notices);
        tell(
                undecided.stream().filter(table -> table.primaryKey().isEmpty()).toList(),
                "there is no primary key, so the whole table has one order",
                notices);
    }

    private void tell(List<CatalogTable> tables, String text, List<String> notices) {
        if (!tables.isEmpty()) {
            notices.add(mappings.file() + ": " + tables.get(0)
                    + (tables.size() == 1 ? "" : " and " + (tables.size() - 1) + " more") + ": " + text);
        }
    }

    private TablePlan selected(CatalogTable table, SelectionRule selection) {
        selections.checkFilters(selection, table);
        ObjectMappingRule form = form(table);
        List<ColumnPlan> planned = columns.plan(table, form);
        TargetPlan target = new TargetPlan(
                name(table, RuleTarget.SCHEMA, table.schema()),
                name(table, RuleTarget.TABLE, table.name()),
                planned,
                key(table, form, planned),
                definedKey(table),
                form);
        return new TablePlan(table, selection, true, target);
    }

    private ChangedName name(CatalogTable table, RuleTarget target, String name) {
        ChangedName changed = null;
        for (TransformationRule rule : transformations) {
            if (rule.target() != target
                    || !(rule.action() instanceof NameChange change)
                    || !rule.locator().matches(table)) {
                continue;
            }
            findings.matched(rule.rule());
            if (changed != null && changed.rule() != null) {
                findings.overridden(
                        rule.rule(),
                        changed.rule(),
                        target == RuleTarget.SCHEMA ? "the schema " + name : table.toString());
                continue;
            }
            changed = new ChangedName(change.of(name), rule.rule());
            if (changed.name().isEmpty()) {
                findings.fault(rule.rule(), "the " + target.word() + " " + name + " would have no name left");
            }
        }
        return changed == null ? new ChangedName(name, null) : changed;
    }

    private @Nullable DefinedKey definedKey(CatalogTable table) {
        DefinedKey defined = null;
        for (TransformationRule rule : transformations) {
            if (!(rule.action() instanceof DefinePrimaryKey key)
                    || !rule.locator().matches(table)) {
                continue;
            }
            findings.matched(rule.rule());
            if (defined != null) {
                findings.overridden(rule.rule(), defined.rule(), table.toString());
                continue;
            }
            defined = new DefinedKey(rule.rule(), key);
            key.columns().stream()
                    .filter(column -> table.column(column) == null)
                    .forEach(column -> findings.fault(
                            rule.rule(),
                            table + " has no column \"" + column + "\" for the key"
                                    + SelectionPlanner.meant(table, column)));
        }
        return defined;
    }

    /** A rule with the table's exact name, else one with wildcards; of several, that of the lowest number. */
    private @Nullable ObjectMappingRule form(CatalogTable table) {
        List<ObjectMappingRule> matching = mappings.of(ObjectMappingRule.class).stream()
                .filter(rule -> rule.locator().matches(table))
                .toList();
        matching.forEach(rule -> findings.matched(rule.rule()));
        if (matching.isEmpty()) {
            return null;
        }
        ObjectMappingRule form = matching.stream()
                .filter(rule -> rule.locator().names(table))
                .findFirst()
                .orElse(matching.get(0));
        for (ObjectMappingRule other : matching) {
            if (other != form
                    && (other.locator().names(table) || !form.locator().names(table))) {
                findings.overridden(other.rule(), form.rule(), table.toString());
            }
        }
        form.attributes().forEach(attribute -> requireColumns(table, form, attribute.name(), attribute.value()));
        return form;
    }

    private void requireColumns(CatalogTable table, ObjectMappingRule form, String attribute, MappedValue value) {
        if (value instanceof MappedDocument document) {
            document.members().values().forEach(member -> requireColumns(table, form, attribute, member));
        } else if (value instanceof MappedText text) {
            text.text().columns().stream()
                    .filter(column -> source(table, column) == null && !addsColumn(table, column))
                    .forEach(column -> findings.fault(
                            form.rule(),
                            "the attribute \"" + attribute + "\" takes ${" + column + "}, and " + table
                                    + " has no such column" + SelectionPlanner.meant(table, column)));
        }
    }

    private boolean addsColumn(CatalogTable table, String name) {
        return transformations.stream()
                .anyMatch(rule -> rule.action() instanceof RuleAction.AddColumn added
                        && added.name().equals(name)
                        && rule.locator().matches(table));
    }

    private static @Nullable CatalogColumn source(CatalogTable table, String name) {
        return table.columnInAnyCase(name);
    }

    private KeyPlan key(CatalogTable table, @Nullable ObjectMappingRule form, List<ColumnPlan> planned) {
        KeyChoice choice = form == null ? KeyChoice.DEFAULT : form.key();
        RuleName rule = form == null || choice.type() == PartitionKeyType.DEFAULT ? null : form.rule();
        ValueTemplate value = choice.value();
        if (form == null || value == null) {
            boolean primary =
                    choice.type() == PartitionKeyType.DEFAULT || choice.type() == PartitionKeyType.PRIMARY_KEY;
            return new KeyPlan(choice.type(), primary ? table.primaryKey() : List.of(), "", primary, rule);
        }
        if (choice.type() == PartitionKeyType.CONSTANT) {
            return new KeyPlan(choice.type(), List.of(), value.text(), false, rule);
        }
        ValueTemplate template = value.columns().isEmpty() ? named(table, form, value.text(), planned) : value;
        if (template == null) {
            return new KeyPlan(choice.type(), List.of(), value.text(), false, rule);
        }
        List<String> sources = new ArrayList<>();
        for (String each : template.columns()) {
            CatalogColumn column = source(table, each);
            if (column != null) {
                sources.add(column.name());
            } else if (!addsColumn(table, each)) {
                findings.fault(
                        form.rule(),
                        "the partition key takes ${" + each + "}, and " + table + " has no such column"
                                + SelectionPlanner.meant(table, each));
            }
        }
        return new KeyPlan(choice.type(), sources, template.text(), template.single() && sources.size() == 1, rule);
    }

    /** What the name stands for: a mapped attribute, a column, or a column by the name that it gets. Null: nothing. */
    private @Nullable ValueTemplate named(
            CatalogTable table, ObjectMappingRule form, String name, List<ColumnPlan> planned) {
        for (AttributeMapping attribute : form.attributes()) {
            if (attribute.name().equals(name)) {
                if (attribute.value() instanceof MappedText text) {
                    return text.text();
                }
                findings.fault(
                        form.rule(),
                        "the partition key is the attribute \"" + name
                                + "\", which is a document: name one that is a text");
                return null;
            }
        }
        CatalogColumn column = table.column(name);
        ColumnPlan renamed = planned.stream()
                .filter(each -> each.target().equals(name))
                .findFirst()
                .orElse(null);
        if (column == null && renamed != null) {
            return ValueTemplate.of("${" + renamed.name() + "}");
        }
        column = column == null ? source(table, name) : column;
        if (column == null) {
            findings.fault(
                    form.rule(),
                    "the partition key is to be \"" + name + "\", which is neither an attribute nor a column of "
                            + table + SelectionPlanner.meant(table, name));
            return null;
        }
        return ValueTemplate.of("${" + column.name() + "}");
    }

    /** Consumers could not tell the rows of one table from those of the other. */
    private void requireOneTarget(List<TablePlan> plans) {
        Map<List<String>, TablePlan> targets = new LinkedHashMap<>();
        for (TablePlan plan : plans) {
            TargetPlan target = plan.target();
            if (target == null) {
                continue;
            }
            TablePlan before = targets.putIfAbsent(
                    List.of(target.schema().name(), target.name().name()), plan);
            RuleName rule = before == null ? null : changing(target, before);
            if (before != null && rule != null) {
                findings.fault(
                        rule,
                        before.table() + " and " + plan.table() + " would both be called " + target
                                + ": give one of them another name");
            }
        }
    }

    private static @Nullable RuleName changing(TargetPlan target, TablePlan before) {
        List<TargetPlan> both = before.target() == null ? List.of(target) : List.of(target, before.target());
        for (TargetPlan each : both) {
            if (each.name().rule() != null) {
                return each.name().rule();
            }
            if (each.schema().rule() != null) {
                return each.schema().rule();
            }
        }
        return null;
    }

    /** A change of the partition would be carried twice. */
    private void requireTableOrPartitions(List<TablePlan> plans) {
        Map<String, TablePlan> selected = new HashMap<>();
        plans.stream()
                .filter(TablePlan::selected)
                .forEach(plan -> selected.put(plan.table().toString(), plan));
        for (TablePlan plan : plans) {
            String root = plan.table().root();
            SelectionRule selection = plan.selection();
            if (root == null || !selected.containsKey(root) || selection == null) {
                continue;
            }
            String partition = plan.table() + " is a partition of " + root + ", which is selected";
            if (plan.selected()) {
                findings.fault(selection.rule(), partition + " too: select the table or its partitions");
            } else if (selection.names(plan.table())) {
                findings.fault(
                        selection.rule(),
                        partition + ": its changes cannot be left out, select the other partitions by name");
            } else {
                findings.notice(selection.rule(), partition + ": its changes are not left out");
            }
        }
    }

    private void tellUnmatched() {
        for (MappingRule rule : mappings.rules()) {
            if ((rule instanceof TransformationRule || rule instanceof ObjectMappingRule)
                    && !findings.hasMatched(rule.rule())) {
                Locator locator = rule instanceof TransformationRule transformation
                        ? transformation.locator()
                        : ((ObjectMappingRule) rule).locator();
                findings.notice(rule.rule(), "it has no effect: " + locator + " matches nothing that is selected");
            }
        }
    }
}
