package dev.leat.app.mapping;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.app.output.Json;
import dev.leat.dms.CatalogTable;
import dev.leat.dms.ColumnPlan;
import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.MappingPlan;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.MappedDocument;
import dev.leat.dms.ObjectMappingRule.MappedText;
import dev.leat.dms.ObjectMappingRule.MappedValue;
import dev.leat.dms.RuleName;
import dev.leat.dms.SelectionRule;
import dev.leat.dms.SourceFilter;
import dev.leat.dms.TablePlan.ChangedName;
import dev.leat.dms.TablePlan.TargetPlan;
import dev.leat.dms.attachment.Applicability;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code leat attach --dms-mappings … --dry-run --json}. The field names are part of the contract (docs/dms.md). */
final class MappingJson {

    private final JsonGenerator json;

    private MappingJson(JsonGenerator json) {
        this.json = json;
    }

    static void print(PrintWriter out, MappingPlan plan, List<PlannedTable> tables, boolean applicable) {
        Json.print(out, json -> {
            json.writeStartObject();
            json.writeStringField("file", plan.file());
            json.writeBooleanField("applicable", applicable);
            MappingJson writer = new MappingJson(json);
            json.writeArrayFieldStart("tables");
            for (PlannedTable table : tables) {
                writer.table(table);
            }
            json.writeEndArray();
            writer.texts("notices", plan.notices());
            writer.texts("faults", plan.faults());
            json.writeEndObject();
        });
    }

    private void table(PlannedTable planned) throws IOException {
        CatalogTable table = planned.plan().table();
        SelectionRule selection = planned.plan().selection();
        TargetPlan target = planned.plan().target();
        json.writeStartObject();
        json.writeStringField("schema", table.schema());
        json.writeStringField("table", table.name());
        json.writeStringField("kind", table.kind().name().toLowerCase(Locale.ROOT));
        json.writeBooleanField("selected", planned.plan().selected());
        json.writeBooleanField("attached", planned.attached());
        rule("rule", selection == null ? null : selection.rule());
        if (selection != null && target != null) {
            json.writeStringField(
                    "filter", selection.filters().isEmpty() ? null : SourceFilter.sql(selection.filters()));
            json.writeFieldName("load_order");
            if (selection.loadOrder() == null) {
                json.writeNull();
            } else {
                json.writeNumber(selection.loadOrder());
            }
            target(target);
            unsupported(planned.unsupported());
        }
        json.writeEndObject();
    }

    private void target(TargetPlan target) throws IOException {
        json.writeObjectFieldStart("target");
        name("schema", target.schema());
        name("table", target.name());
        if (target.definedKey() != null) {
            texts("primary_key", target.definedKey().key().columns());
            rule("primary_key_rule", target.definedKey().rule());
        }
        json.writeBooleanField(
                "document", target.form() != null && target.form().document());
        rule("object_mapping_rule", target.form() == null ? null : target.form().rule());
        json.writeEndObject();
        json.writeObjectFieldStart("partition_key");
        json.writeStringField("type", target.key().type().word());
        texts("columns", target.key().columns());
        json.writeStringField(
                "value", target.key().value().isEmpty() ? null : target.key().value());
        rule("rule", target.key().rule());
        json.writeEndObject();
        json.writeArrayFieldStart("columns");
        for (ColumnPlan column : target.columns()) {
            column(column);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("attributes");
        for (AttributeMapping attribute : target.attributes()) {
            json.writeStartObject();
            json.writeStringField("name", attribute.name());
            json.writeStringField("sub_type", attribute.subType().isEmpty() ? null : attribute.subType());
            json.writeFieldName("value");
            value(attribute.value());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void name(String field, ChangedName changed) throws IOException {
        json.writeStringField(field, changed.name());
        rule(field + "_rule", changed.rule());
    }

    private void column(ColumnPlan column) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", column.name());
        json.writeStringField("type", column.type());
        json.writeBooleanField("added", column.added());
        json.writeBooleanField("sent", column.sent());
        json.writeStringField("target", column.target());
        json.writeArrayFieldStart("decisions");
        for (ColumnDecision decision : column.decisions()) {
            json.writeStartObject();
            json.writeStringField("decision", decision.kind().name().toLowerCase(Locale.ROOT));
            json.writeStringField("text", decision.text());
            rule("rule", decision.rule());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void value(MappedValue value) throws IOException {
        if (value instanceof MappedText text) {
            json.writeString(text.text().text());
        } else if (value instanceof MappedDocument document) {
            json.writeStartObject();
            for (Map.Entry<String, MappedValue> member : document.members().entrySet()) {
                json.writeFieldName(member.getKey());
                value(member.getValue());
            }
            json.writeEndObject();
        }
    }

    private void unsupported(List<Applicability.Unsupported> unsupported) throws IOException {
        json.writeArrayFieldStart("unsupported");
        for (Applicability.Unsupported each : unsupported) {
            json.writeStartObject();
            rule("rule", each.rule());
            json.writeStringField("subject", each.subject());
            json.writeStringField("feature", each.feature());
            json.writeStringField("detail", each.detail().isEmpty() ? null : each.detail());
            json.writeBooleanField("keeps_table_out", each.withholds());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void rule(String field, @Nullable RuleName rule) throws IOException {
        if (rule == null) {
            json.writeNullField(field);
            return;
        }
        json.writeObjectFieldStart(field);
        json.writeStringField("type", rule.type().word());
        json.writeStringField("id", rule.id());
        json.writeStringField("name", rule.name());
        json.writeNumberField("line", rule.line());
        json.writeEndObject();
    }

    private void texts(String field, List<String> texts) throws IOException {
        json.writeArrayFieldStart(field);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }
}
