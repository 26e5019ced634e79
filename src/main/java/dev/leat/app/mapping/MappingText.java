package dev.leat.app.mapping;

import dev.leat.app.output.TextTable;
import dev.leat.dms.ColumnPlan;
import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.RuleName;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.SourceFilter;
import dev.leat.dms.TablePlan;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.TablePlan.TargetPlan;
import dev.leat.dms.attachment.Applicability;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code leat attach --dms-mappings … --dry-run} for a person: one line for each decision, with the rule that made it. */
final class MappingText {

    private static final String NO_RULE = "no rule";

    private final TextTable lines = new TextTable(4, "table", "of it", "what happens", "decided by");

    private MappingText() {}

    static List<String> lines(List<PlannedTable> tables) {
        MappingText text = new MappingText();
        tables.forEach(text::table);
        return text.lines.lines();
    }

    private void table(PlannedTable planned) {
        TablePlan plan = planned.plan();
        SelectionRule selection = plan.selection();
        String table = plan.table().toString();
        lines.add(
                table,
                plan.table().view() ? "view" : "table",
                planned.outcome(),
                rule(selection == null ? null : selection.rule()));
        TargetPlan target = plan.target();
        if (selection == null || target == null) {
            return;
        }
        if (!selection.filters().isEmpty()) {
            lines.add(table, "rows", "those with " + SourceFilter.sql(selection.filters()), rule(selection.rule()));
        }
        if (selection.loadOrder() != null) {
            lines.add(table, "load order", String.valueOf(selection.loadOrder()), rule(selection.rule()));
        }
        if (target.schema().rule() != null) {
            lines.add(
                    table,
                    "schema",
                    "called " + target.schema().name(),
                    rule(target.schema().rule()));
        }
        if (target.name().rule() != null) {
            lines.add(
                    table,
                    "name",
                    "called " + target.name().name(),
                    rule(target.name().rule()));
        }
        if (target.definedKey() != null) {
            lines.add(
                    table,
                    "primary key",
                    "defined as " + String.join(", ", target.definedKey().key().columns()),
                    rule(target.definedKey().rule()));
        }
        lines.add(table, "partition key", key(target.key()), rule(target.key().rule()));
        if (target.form() != null) {
            lines.add(
                    table,
                    "record",
                    target.form().document() ? "a document" : "an attribute for each column",
                    rule(target.form().rule()));
        }
        for (ColumnPlan column : target.columns()) {
            for (ColumnDecision decision : column.decisions()) {
                lines.add(table, "column " + column.name(), decision.text(), rule(decision.rule()));
            }
        }
        for (AttributeMapping attribute : target.attributes()) {
            lines.add(
                    table,
                    "attribute " + attribute.name(),
                    "made of columns",
                    rule(target.form() == null ? null : target.form().rule()));
        }
        for (Applicability.Unsupported each : planned.unsupported()) {
            lines.add(table, "unsupported", each.what(), rule(each.rule()));
        }
    }

    static String key(KeyPlan key) {
        return switch (key.type()) {
            case DEFAULT, PRIMARY_KEY ->
                key.columns().isEmpty()
                        ? "the whole table, which has no primary key"
                        : "the primary key (" + String.join(", ", key.columns()) + ")";
            case ATTRIBUTE_NAME -> key.value();
            case CONSTANT -> "the constant " + key.value();
            case SCHEMA_TABLE -> "the whole table";
            case TRANSACTION_ID -> "the transaction's id";
        };
    }

    private static String rule(@Nullable RuleName rule) {
        return rule == null ? NO_RULE : rule.toString();
    }
}
