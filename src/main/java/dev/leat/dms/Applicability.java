package dev.leat.dms;

import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.TablePlan.ChangedName;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.TablePlan.TargetPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a plan an attachment can do today, for one table. This is the only place that knows it: what Leat learns to do moves from
 * {@code unsupported} to {@code options} here.
 *
 * @param options null: the table cannot be attached, whatever is skipped
 * @param unsupported what cannot be done, each with the rule that asks for it
 */
public record Applicability(@Nullable TableOptions options, List<Unsupported> unsupported) {

    public Applicability {
        unsupported = List.copyOf(unsupported);
    }

    /**
     * The options of the table's attachment.
     *
     * @param table as SQL writes it
     * @param key columns of the partition key; empty: the primary key
     * @param exclude columns that do not leave
     * @param withoutKey {@code table} where there is no key, and the table has one order; else null
     */
    public record TableOptions(
            String table,
            List<String> key,
            List<String> exclude,
            @Nullable String withoutKey) {
        public TableOptions {
            key = List.copyOf(key);
            exclude = List.copyOf(exclude);
        }
    }

    /**
     * Something that is not supported.
     *
     * @param rule that asks for it
     * @param subject a table or a column of it
     * @param feature the same words wherever the same is asked for, such as {@code renaming a column}
     * @param detail what exactly; empty: nothing more
     * @param withholds whether rows or values would leave that the rule keeps back. Then the table is not attached without it
     */
    public record Unsupported(RuleName rule, String subject, String feature, String detail, boolean withholds) {

        /** Such as {@code public.orders: renaming a table (to sales) is not supported yet}. */
        public String what() {
            return subject + ": " + feature + (detail.isEmpty() ? "" : " (" + detail + ")") + " is not supported yet";
        }

        @Override
        public String toString() {
            return rule + ": " + what();
        }
    }

    /** Whether the table is attached when unsupported rules are skipped. */
    public boolean attachable() {
        return options != null && unsupported.stream().noneMatch(Unsupported::withholds);
    }

    /**
     * @param plan of a selected table
     */
    public static Applicability of(TablePlan plan) {
        SelectionRule selection = plan.selection();
        TargetPlan target = plan.target();
        if (selection == null || target == null) {
            throw new IllegalArgumentException(plan.table() + " is not selected");
        }
        List<Unsupported> unsupported = new ArrayList<>();
        String table = plan.table().toString();
        if (plan.table().view()) {
            unsupported.add(new Unsupported(selection.rule(), table, "a view", "it has no changes of its own", true));
            return new Applicability(null, unsupported);
        }
        if (!selection.filters().isEmpty()) {
            unsupported.add(
                    new Unsupported(selection.rule(), table, "a filter", SourceFilter.sql(selection.filters()), true));
        }
        renamed(target.schema(), plan.table().schema(), table, "renaming a schema", unsupported);
        renamed(target.name(), plan.table().name(), table, "renaming a table", unsupported);
        for (ColumnPlan column : target.columns()) {
            column(column, table, unsupported);
        }
        if (target.definedKey() != null) {
            unsupported.add(new Unsupported(target.definedKey().rule(), table, "define-primary-key", "", false));
        }
        form(target, table, unsupported);
        List<String> exclude = target.columns().stream()
                .filter(column -> !column.sent())
                .map(ColumnPlan::name)
                .toList();
        return new Applicability(options(plan, target, exclude, unsupported), unsupported);
    }

    private static void renamed(
            ChangedName changed, String name, String table, String feature, List<Unsupported> unsupported) {
        if (changed.rule() != null && !changed.name().equals(name)) {
            unsupported.add(new Unsupported(changed.rule(), table, feature, "to " + changed.name(), false));
        }
    }

    private static void column(ColumnPlan column, String table, List<Unsupported> unsupported) {
        String name = table + "." + column.name();
        for (ColumnDecision decision : column.decisions()) {
            RuleName rule = decision.rule();
            if (rule == null || !column.sent()) {
                continue;
            }
            switch (decision.kind()) {
                case RENAMED -> {
                    if (!column.target().equals(column.name())) {
                        unsupported.add(
                                new Unsupported(rule, name, "renaming a column", "to " + column.target(), false));
                    }
                }
                case ADDED -> unsupported.add(new Unsupported(rule, name, "adding a column", "", false));
                case TYPE_CHANGED ->
                    unsupported.add(new Unsupported(rule, name, "another data type", decision.text(), false));
                // The mask of a column that is not added hides nothing.
                case MASKED ->
                    unsupported.add(new Unsupported(rule, name, "this mask", decision.text(), !column.added()));
                case BEFORE_IMAGE ->
                    unsupported.add(new Unsupported(rule, name, "a column with the value before", "", false));
                case REMOVED, NOT_INCLUDED, INCLUDED, EXCLUDED -> {
                    // The option exclude does these.
                }
            }
        }
    }

    private static void form(TargetPlan target, String table, List<Unsupported> unsupported) {
        ObjectMappingRule form = target.form();
        if (form == null) {
            return;
        }
        if (form.document()) {
            unsupported.add(new Unsupported(form.rule(), table, "map-record-to-document", "", false));
        }
        form.attributes()
                .forEach(attribute -> unsupported.add(
                        new Unsupported(form.rule(), table, "a mapped attribute", attribute.name(), false)));
    }

    /** The key's part of the options. A key that is not supported leaves the table with its default. */
    private static TableOptions options(
            TablePlan plan, TargetPlan target, List<String> exclude, List<Unsupported> unsupported) {
        CatalogTable table = plan.table();
        KeyPlan key = target.key();
        boolean keyed = !table.primaryKey().isEmpty();
        List<String> columns = List.of();
        if (key.type() == PartitionKeyType.ATTRIBUTE_NAME && key.alone()) {
            columns = key.columns().equals(table.primaryKey()) ? List.of() : key.columns();
        } else if (key.rule() != null && !supported(key, keyed)) {
            unsupported.add(new Unsupported(
                    key.rule(),
                    table.toString(),
                    "the partition key " + key.type().word(),
                    key.value(),
                    false));
        }
        List<String> used = columns.isEmpty() ? table.primaryKey() : columns;
        for (ColumnPlan column : target.columns()) {
            RuleName rule = column.decisions().stream()
                    .map(ColumnDecision::rule)
                    .filter(each -> each != null)
                    .findFirst()
                    .orElse(null);
            if (!column.sent() && rule != null && used.contains(column.name())) {
                unsupported.add(new Unsupported(
                        rule, table + "." + column.name(), "leaving out a column of the partition key", "", true));
            }
        }
        return new TableOptions(table.sqlName(), columns, exclude, keyed || !columns.isEmpty() ? null : "table");
    }

    /** Whether the attachment's default has the same order: of the primary key, or of a whole table without one. */
    private static boolean supported(KeyPlan key, boolean keyed) {
        return switch (key.type()) {
            case DEFAULT, PRIMARY_KEY -> true;
            case SCHEMA_TABLE -> !keyed;
            case TRANSACTION_ID, CONSTANT, ATTRIBUTE_NAME -> false;
        };
    }
}
