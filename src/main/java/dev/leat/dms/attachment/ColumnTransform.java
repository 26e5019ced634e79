package dev.leat.dms.attachment;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.dms.CatalogTable;
import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.ColumnPlan;
import dev.leat.dms.ColumnPlan.ColumnDecision;
import dev.leat.dms.DataType;
import dev.leat.dms.RuleAction.AddBeforeImageColumns;
import dev.leat.dms.RuleAction.AddColumn;
import dev.leat.dms.RuleAction.ChangeDataType;
import dev.leat.dms.RuleAction.MaskColumn;
import dev.leat.dms.RuleAction.MaskKind;
import dev.leat.dms.RuleName;
import dev.leat.dms.attachment.Applicability.Unsupported;
import dev.leat.dms.expression.Expression;
import dev.leat.dms.expression.UnsupportedExpressionException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The columns of a table that are added and changed, as the argument {@code transform} of {@code leat.attach}. */
final class ColumnTransform {

    private static final Set<String> STRINGS = Set.of("string", "wstring", "clob", "nclob");
    private static final Set<String> INTEGERS =
            Set.of("int1", "int2", "int4", "int8", "uint1", "uint2", "uint4", "uint8");
    private static final Set<String> NUMBERS = Set.of("numeric", "decimal", "real4", "real8");

    /** Those that an added column can have beside strings and numbers. */
    private static final Set<String> OTHERS = Set.of("boolean", "date", "time", "datetime");

    private record Added(String name, String type, Expression value) {}

    private final CatalogTable table;
    private final List<ColumnPlan> columns;
    private final List<Unsupported> unsupported;
    private final List<Added> added = new ArrayList<>();
    private final Map<String, String> types = new LinkedHashMap<>();
    private @Nullable AddBeforeImageColumns before;

    private ColumnTransform(CatalogTable table, List<ColumnPlan> columns, List<Unsupported> unsupported) {
        this.table = table;
        this.columns = columns;
        this.unsupported = unsupported;
    }

    /** Null: no column is added or changed. What cannot be done is added to {@code unsupported}. */
    static @Nullable String json(CatalogTable table, List<ColumnPlan> columns, List<Unsupported> unsupported) {
        ColumnTransform transform = new ColumnTransform(table, columns, unsupported);
        columns.stream().filter(ColumnPlan::sent).forEach(transform::column);
        return transform.added.isEmpty() && transform.types.isEmpty() && transform.before == null
                ? null
                : transform.json();
    }

    private void column(ColumnPlan column) {
        for (ColumnDecision decision : column.decisions()) {
            RuleName rule = decision.rule();
            if (rule == null) {
                continue;
            }
            if (decision.action() instanceof AddColumn add) {
                added(column, rule, add);
            } else if (decision.action() instanceof ChangeDataType change) {
                changed(column, rule, change.type());
            } else if (decision.action() instanceof AddBeforeImageColumns images) {
                before = images;
            }
        }
    }

    private void added(ColumnPlan column, RuleName rule, AddColumn add) {
        try {
            String type = add.type().type();
            if (!STRINGS.contains(type)
                    && !INTEGERS.contains(type)
                    && !NUMBERS.contains(type)
                    && !OTHERS.contains(type)) {
                throw new UnsupportedExpressionException("the type " + type);
            }
            Expression value = add.expression() == null
                    ? new Expression.Literal(null)
                    : Expression.parse(add.expression(), this::readable);
            added.add(new Added(column.name(), type, masked(column, value)));
        } catch (UnsupportedExpressionException e) {
            unsupported.add(new Unsupported(
                    rule, table + "." + column.name(), "adding a column", String.valueOf(e.getMessage()), false));
        }
    }

    /** A mask may come after the addition. */
    private static Expression masked(ColumnPlan column, Expression value) throws UnsupportedExpressionException {
        for (ColumnDecision decision : column.decisions()) {
            if (decision.action() instanceof MaskColumn mask) {
                if (mask.kind() != MaskKind.HASH) {
                    throw new UnsupportedExpressionException("a mask of digits on it");
                }
                return new Expression.Call("hash_sha256", List.of(value));
            }
        }
        return value;
    }

    /** The column that an expression means; null where there is none, or it does not leave as it is. */
    private @Nullable String readable(String name) {
        CatalogColumn column = table.columnInAnyCase(name);
        return column == null
                ? null
                : columns.stream()
                        .filter(each ->
                                !each.added() && each.sent() && each.name().equals(column.name()))
                        .filter(each -> each.decisions().stream()
                                .noneMatch(decision -> decision.action() instanceof MaskColumn))
                        .map(ColumnPlan::name)
                        .findFirst()
                        .orElse(null);
    }

    /** Numbers and times that stay so leave whole, whatever size the file names. A masked value is a string in any case. */
    private void changed(ColumnPlan plan, RuleName rule, DataType type) {
        CatalogColumn column = table.column(plan.name());
        if (column == null) {
            return;
        }
        boolean masked = plan.decisions().stream().anyMatch(decision -> decision.action() instanceof MaskColumn);
        String wanted = type.type();
        if (STRINGS.contains(wanted)) {
            if (!masked) {
                types.put(column.name(), "string");
            }
        } else if (!(column.as(wanted)
                || INTEGERS.contains(wanted) && column.integer()
                || NUMBERS.contains(wanted) && column.number())) {
            unsupported.add(new Unsupported(
                    rule, table + "." + column.name(), "another data type", column.type() + " as " + wanted, false));
        }
    }

    private String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            if (!added.isEmpty()) {
                json.writeArrayFieldStart("add");
                for (Added each : added) {
                    json.writeStartObject();
                    json.writeStringField("name", each.name());
                    json.writeStringField("type", each.type());
                    json.writeFieldName("value");
                    each.value().write(json);
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            if (!types.isEmpty()) {
                json.writeObjectFieldStart("types");
                for (Map.Entry<String, String> each : types.entrySet()) {
                    json.writeStringField(each.getKey(), each.getValue());
                }
                json.writeEndObject();
            }
            if (before != null) {
                json.writeObjectFieldStart("before");
                json.writeStringField("prefix", before.prefix());
                json.writeStringField("suffix", before.suffix());
                json.writeStringField(
                        "columns",
                        switch (before.filter()) {
                            case PRIMARY_KEY -> "pk-only";
                            case NO_LOB -> "non-lob";
                            case ALL -> "all";
                        });
                json.writeEndObject();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return text.toString();
    }
}
