package dev.leat.dms.attachment;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.dms.CatalogTable;
import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.ObjectMappingRule.AttributeMapping;
import dev.leat.dms.ObjectMappingRule.MappedDocument;
import dev.leat.dms.ObjectMappingRule.MappedText;
import dev.leat.dms.ObjectMappingRule.MappedValue;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.ValueTemplate;
import dev.leat.dms.ValueTemplate.TemplatePart;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The argument {@code mapping} of {@code leat.attach} for one table, as far as an object mapping needs it. */
final class MappingArgument {

    /** What a name of PostgreSQL has at most, and attributes are columns of a query. */
    private static final int MOST_BYTES = 63;

    private static final int MOST_PARTS = 90;

    private final CatalogTable table;
    private final List<AttributeMapping> attributes = new ArrayList<>();
    private @Nullable KeyPlan key;
    private boolean document;

    MappingArgument(CatalogTable table) {
        this.table = table;
    }

    /**
     * Takes a key that is one order for the table, or a text.
     *
     * @return false: it needs a column that the table does not have itself
     */
    boolean key(KeyPlan wanted) {
        if (wanted.type() == PartitionKeyType.ATTRIBUTE_NAME && !known(ValueTemplate.of(wanted.value()))) {
            return false;
        }
        key = wanted;
        return true;
    }

    /** The columns stand in a document of their own. Said before the attributes. */
    void document() {
        document = true;
    }

    /**
     * Takes an attribute that is made of columns.
     *
     * @return why it cannot be taken, as a part of a sentence; null: it is
     */
    @Nullable
    String attribute(AttributeMapping wanted) {
        String problem = problem(wanted);
        if (problem == null) {
            attributes.add(wanted);
        }
        return problem;
    }

    private @Nullable String problem(AttributeMapping wanted) {
        if (document && wanted.name().equals("_doc")) {
            return "the document has this name";
        }
        String problem = problem(wanted.name(), wanted.value());
        if (problem == null && wanted.value() instanceof MappedText text && kind(wanted, text) == null) {
            problem = "attribute-sub-type " + wanted.subType() + " of the text " + text.text();
        }
        return problem;
    }

    private @Nullable String problem(String name, MappedValue value) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            return "a name has 1 to " + MOST_BYTES + " bytes";
        }
        if (value instanceof MappedText text) {
            if (text.text().parts().size() > MOST_PARTS) {
                return "a text has at most " + MOST_PARTS + " parts";
            }
            return known(text.text()) ? null : "it takes an added column";
        }
        Map<String, MappedValue> members = value instanceof MappedDocument inner ? inner.members() : Map.of();
        if (members.isEmpty()) {
            return "it is an object without members";
        }
        return members.entrySet().stream()
                .map(member -> problem(member.getKey(), member.getValue()))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** How an attribute of a text is written: as a text, or as the value of its one column. Null: it cannot be. */
    private @Nullable WrittenAs kind(AttributeMapping attribute, MappedText text) {
        String subType = attribute.subType();
        if (subType.isEmpty() || subType.equals("string")) {
            return WrittenAs.TEXT;
        }
        if (!text.text().single()) {
            return null;
        }
        CatalogColumn column = column(text.text().columns().get(0));
        boolean alike = subType.equals("number") && column.number()
                || subType.equals("boolean") && column.baseType().equals("boolean");
        return alike ? WrittenAs.VALUE : null;
    }

    private enum WrittenAs {
        TEXT,
        VALUE
    }

    /** Whether an attribute is made of this column. */
    boolean attributesUse(String column) {
        return attributes.stream().anyMatch(attribute -> uses(attribute.value(), column));
    }

    private boolean uses(MappedValue value, String column) {
        if (value instanceof MappedText text) {
            return text.text().columns().stream()
                    .anyMatch(each -> column(each).name().equals(column));
        }
        return value instanceof MappedDocument inner
                && inner.members().values().stream().anyMatch(each -> uses(each, column));
    }

    /** Whether the partition key is taken from here. */
    boolean keyed() {
        return key != null;
    }

    private boolean known(ValueTemplate text) {
        return text.columns().stream().allMatch(column -> table.columnInAnyCase(column) != null);
    }

    /** Null: the table has no need of it. */
    @Nullable
    String json() {
        if (key == null && !document && attributes.isEmpty()) {
            return null;
        }
        StringWriter written = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(written)) {
            json.writeStartObject();
            if (key != null) {
                key(json, key);
            }
            if (document) {
                json.writeBooleanField("document", true);
            }
            if (!attributes.isEmpty()) {
                json.writeArrayFieldStart("attributes");
                for (AttributeMapping attribute : attributes) {
                    boolean value =
                            attribute.value() instanceof MappedText text && kind(attribute, text) == WrittenAs.VALUE;
                    attribute(json, attribute.name(), attribute.value(), value);
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return written.toString();
    }

    private void key(JsonGenerator json, KeyPlan key) throws IOException {
        json.writeObjectFieldStart("key");
        json.writeStringField("type", key.type().word());
        if (key.type() == PartitionKeyType.CONSTANT) {
            text(json, List.of(new TemplatePart(false, key.value())));
        } else if (key.type() == PartitionKeyType.ATTRIBUTE_NAME) {
            text(json, ValueTemplate.of(key.value()).parts());
        }
        json.writeEndObject();
    }

    private void attribute(JsonGenerator json, String name, MappedValue value, boolean asValue) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", name);
        if (value instanceof MappedText text && asValue) {
            json.writeStringField("column", column(text.text().columns().get(0)).name());
        } else if (value instanceof MappedText text) {
            List<TemplatePart> parts = text.text().parts();
            text(json, parts.isEmpty() ? List.of(new TemplatePart(false, "")) : parts);
        } else if (value instanceof MappedDocument inner) {
            json.writeArrayFieldStart("members");
            for (Map.Entry<String, MappedValue> member : inner.members().entrySet()) {
                attribute(json, member.getKey(), member.getValue(), false);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private void text(JsonGenerator json, List<TemplatePart> parts) throws IOException {
        json.writeArrayFieldStart("text");
        for (TemplatePart part : parts) {
            if (part.column()) {
                json.writeStartObject();
                json.writeStringField("column", column(part.text()).name());
                json.writeEndObject();
            } else {
                json.writeString(part.text());
            }
        }
        json.writeEndArray();
    }

    private CatalogColumn column(String name) {
        CatalogColumn column = table.columnInAnyCase(name);
        if (column == null) {
            throw new IllegalStateException(table + " has no column " + name);
        }
        return column;
    }
}
