package dev.leat.app.output;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.leat.reconcile.Difference;
import dev.leat.reconcile.Reconciled;
import dev.leat.reconcile.Reconciled.Count;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The report of a comparison. It is written while differences are found, so that no number of them takes memory. The field names are part of
 * the contract (docs/reconcile.md).
 */
public final class ReconcileReport implements AutoCloseable {

    private final JsonGenerator json;

    private ReconcileReport(JsonGenerator json) {
        this.json = json;
    }

    /**
     * Begins a report; a file of that name is overwritten.
     *
     * @throws IOException when it cannot be written
     */
    public static ReconcileReport begin(Path file, String table, String stream) throws IOException {
        BufferedWriter writer = Files.newBufferedWriter(file);
        JsonGenerator json = new JsonFactory().createGenerator(writer).useDefaultPrettyPrinter();
        json.writeStartObject();
        json.writeStringField("table", table);
        json.writeStringField("stream", stream);
        json.writeArrayFieldStart("differences");
        json.flush();
        return new ReconcileReport(json);
    }

    /**
     * @throws UncheckedIOException when it cannot be written
     */
    public void add(Difference difference) {
        try {
            json.writeStartObject();
            json.writeStringField("kind", difference.kind().name().toLowerCase(Locale.ROOT));
            json.writeStringField("partition_key", difference.partitionKey());
            json.writeStringField("row_key", difference.rowKey());
            json.writeFieldName("event");
            if (difference.event() == null) {
                json.writeNull();
            } else {
                json.writeNumber(difference.event());
            }
            json.writeBooleanField("discarded", difference.discarded());
            row("source", difference.source());
            row("stream", difference.stream());
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As it was written: the text of row_to_json. */
    private void row(String name, @Nullable String row) throws IOException {
        json.writeFieldName(name);
        if (row == null) {
            json.writeNull();
        } else {
            json.writeRawValue(row);
        }
    }

    /**
     * Ends the report.
     *
     * @throws IOException when it cannot be written
     */
    public void end(Reconciled result) throws IOException {
        json.writeEndArray();
        json.writeBooleanField("equal", result.equal());
        json.writeObjectFieldStart("rows");
        for (Count count : Count.values()) {
            json.writeNumberField(count.name().toLowerCase(Locale.ROOT), result.count(count));
        }
        json.writeEndObject();
        json.writeBooleanField("quarantined_without_row", result.unnamedHeld());
        Json.time(json, "as_of", result.takenAt());
        json.writeStringField("snapshot", result.snapshot());
        json.writeObjectFieldStart("window");
        Json.time(json, "from", result.window().from());
        Json.time(json, "first_record", result.window().firstRecord());
        json.writeBooleanField("complete", result.window().complete());
        json.writeBooleanField("since_attached", result.window().sinceAttached());
        json.writeNumberField("shards", result.window().shards());
        json.writeEndObject();
        json.writeNumberField("records", result.records());
        json.writeNumberField("events", result.events());
        json.writeEndObject();
        json.flush();
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
