package dev.leat.dms.attachment;

import dev.leat.dms.CatalogTable;
import dev.leat.dms.ColumnPlan;
import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.ColumnPlan.DecisionKind;
import dev.leat.dms.ObjectMappingRule;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.RuleAction.MaskColumn;
import dev.leat.dms.RuleName;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.SourceFilter;
import dev.leat.dms.TablePlan;
import dev.leat.dms.TablePlan.ChangedName;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.TablePlan.TargetPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
     * @param mask columns of which only a mask leaves, each with its mask
     * @param rename columns that leave under another name, each with that name
     * @param renameSchema the schema's name that consumers see; null: its own
     * @param renameTable the table's name that consumers see; null: its own
     * @param filter which rows are captured, as JSON; null: all
     * @param transform columns that are added and changed, as JSON; null: none
     * @param mapping a partition key and attributes that are made of columns, as JSON; null: none
     */
    public record TableOptions(
            String table,
            List<String> key,
            List<String> exclude,
            @Nullable String withoutKey,
            List<String> mask,
            List<String> rename,
            @Nullable String renameSchema,
            @Nullable String renameTable,
            @Nullable String filter,
            @Nullable String transform,

            @Nullable String mapping) {
        public TableOptions {
            key = List.copyOf(key);
            exclude = List.copyOf(exclude);
            mask = List.copyOf(mask);
            rename = List.copyOf(rename);
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
        String transform = ColumnTransform.json(plan.table(), target.columns(), unsupported);
        MappingArgument mapping = new MappingArgument(plan.table());
        form(plan, target, mapping, unsupported);
        List<String> exclude = target.columns().stream()
                .filter(column -> !column.sent())
                .map(ColumnPlan::name)
                .toList();
        return new Applicability(options(plan, target, exclude, transform, mapping, unsupported), unsupported);
    }

    /** Null: it keeps its name. */
    private static @Nullable String renamed(ChangedName changed, String name) {
        return changed.name().equals(name) ? null : changed.name();
    }

    /** The mask of a column, as {@code leat.attach} writes it; null: it has none. */
    private static @Nullable String mask(ColumnPlan column) {
        for (ColumnDecision decision : column.decisions()) {
            if (decision.action() instanceof MaskColumn mask) {
                return column.name()
                        + switch (mask.kind()) {
                            case HASH -> "=hash";
                            case DIGITS -> "=digits:" + mask.digit();
                            case RANDOM_DIGITS -> "=random-digits";
                        };
            }
        }
        return null;
    }

    /** The object mapping's part of the options but for the key. */
    private static void form(
            TablePlan plan, TargetPlan target, MappingArgument mapping, List<Unsupported> unsupported) {
        ObjectMappingRule form = target.form();
        if (form == null) {
            return;
        }
        if (form.document()) {
            mapping.document();
        }
        for (AttributeMapping attribute : form.attributes()) {
            String problem = mapping.attribute(attribute);
            if (problem != null) {
                unsupported.add(new Unsupported(
                        form.rule(),
                        plan.table().toString(),
                        "the attribute \"" + attribute.name() + "\"",
                        problem,
                        false));
            }
        }
        for (ColumnPlan column : target.columns()) {
            if (mapping.attributesUse(column.name()) && (leftOut(column) || !column.sent() && mask(column) != null)) {
                unsupported.add(new Unsupported(
                        form.rule(),
                        plan.table() + "." + column.name(),
                        "an attribute of a column that another rule leaves out or masks",
                        "",
                        true));
            }
        }
    }

    /** The key's part of the options. A key that is not supported leaves the table with its default. */
    private static TableOptions options(
            TablePlan plan,
            TargetPlan target,
            List<String> exclude,
            @Nullable String transform,
            MappingArgument mapping,
            List<Unsupported> unsupported) {
        CatalogTable table = plan.table();
        KeyPlan key = target.key();
        boolean keyed = !table.primaryKey().isEmpty();
        List<String> columns = definedKey(table, target);
        if (key.type() == PartitionKeyType.ATTRIBUTE_NAME && key.alone() && !excluded(target, key.columns())) {
            columns = key.columns().equals(table.primaryKey()) ? List.of() : key.columns();
        } else if (key.type() == PartitionKeyType.TRANSACTION_ID && key.rule() != null) {
            unsupported.add(new Unsupported(
                    key.rule(),
                    table.toString(),
                    "the partition key transaction-id",
                    "two transactions that change one row could arrive in either order",
                    false));
        } else if (key.type() != PartitionKeyType.DEFAULT
                && key.type() != PartitionKeyType.PRIMARY_KEY
                && !mapping.key(key)
                && key.rule() != null) {
            unsupported.add(new Unsupported(
                    key.rule(), table.toString(), "a partition key of an added column", key.value(), false));
        }
        List<String> used = mapping.keyed() ? key.columns() : columns.isEmpty() ? table.primaryKey() : columns;
        for (ColumnPlan column : target.columns()) {
            RuleName rule = column.decisions().stream()
                    .map(ColumnDecision::rule)
                    .filter(each -> each != null)
                    .findFirst()
                    .orElse(null);
            boolean hidden = mapping.keyed() ? leftOut(column) : !column.sent();
            if ((hidden || mask(column) != null) && rule != null && used.contains(column.name())) {
                unsupported.add(new Unsupported(
                        rule,
                        table + "." + column.name(),
                        (hidden ? "leaving out" : "masking") + " a column of the partition key",
                        "",
                        true));
            }
        }
        List<ColumnPlan> sent = target.columns().stream()
                .filter(column -> column.sent() && !column.added())
                .toList();
        SelectionRule selection = plan.selection();
        return new TableOptions(
                table.sqlName(),
                columns,
                exclude,
                keyed || mapping.keyed() || !columns.isEmpty() ? null : "table",
                sent.stream().map(Applicability::mask).filter(Objects::nonNull).toList(),
                sent.stream()
                        .filter(column -> !column.target().equals(column.name()))
                        .map(column -> column.name() + "=" + column.target())
                        .toList(),
                renamed(target.schema(), table.schema()),
                renamed(target.name(), table.name()),
                selection == null || selection.filters().isEmpty() ? null : SourceFilter.json(selection.filters()),
                transform,
                mapping.json());
    }

    /** The columns of a defined primary key, if it is the partition key and another one than the table's own. */
    private static List<String> definedKey(CatalogTable table, TargetPlan target) {
        PartitionKeyType type = target.key().type();
        if (target.definedKey() == null || type != PartitionKeyType.DEFAULT && type != PartitionKeyType.PRIMARY_KEY) {
            return List.of();
        }
        List<String> columns = target.definedKey().key().columns();
        return columns.equals(table.primaryKey()) ? List.of() : columns;
    }

    /** Whether exclude-columns leaves out one of these. An object mapping may make a text of it. */
    private static boolean excluded(TargetPlan target, List<String> columns) {
        return target.columns().stream()
                .anyMatch(column -> columns.contains(column.name())
                        && column.decisions().stream().anyMatch(decision -> decision.kind() == DecisionKind.EXCLUDED));
    }

    /** Whether a rule that is no object mapping leaves the column out. Its value may leave in no form. */
    private static boolean leftOut(ColumnPlan column) {
        return !column.sent()
                && column.decisions().stream()
                        .anyMatch(decision -> decision.kind() == DecisionKind.REMOVED
                                || decision.kind() == DecisionKind.NOT_INCLUDED);
    }
}
