package dev.leat.dms.attachment;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.dms.CatalogTable;
import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.ObjectMappingRule.PartitionKeyType;
import dev.leat.dms.TablePlan.KeyPlan;
import dev.leat.dms.ValueTemplate;
import dev.leat.dms.ValueTemplate.TemplatePart;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The argument {@code mapping} of {@code leat.attach} for one table, as far as an object mapping needs it. */
final class MappingArgument {

    private final CatalogTable table;
    private @Nullable KeyPlan key;

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
        if (key == null) {
            return null;
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            if (key != null) {
                key(json, key);
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return text.toString();
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
