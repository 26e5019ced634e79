package dev.leat.shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import dev.leat.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of AWS DMS for a Kinesis target. The images have DMS's values already, as they were captured ({@code
 * leat_internal.dms_expression}), and are one level deep. {@code docs/dms-format.md} lists where Leat differs, and why.
 */
final class DmsJson implements Shaper {

    /** Reads keys that PostgreSQL wrote: a numeric may have more digits than the parser allows by default. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final byte[] EMPTY = JsonBytes.ascii("{}");

    private final ThreadLocal<JsonBytes> buffers = ThreadLocal.withInitial(JsonBytes::new);
    private final WireFormat format;
    private final boolean indented;
    private final byte @Nullable [] beforeImage;
    private final String keyType;
    private final Clock clock;

    DmsJson(WireFormat format, Clock clock) {
        this.format = format;
        this.indented = !format.has(WireFormat.JSON_UNFORMATTED);
        this.beforeImage =
                format.value(WireFormat.BEFORE_IMAGE).map(JsonBytes::quoted).orElse(null);
        this.keyType = format.value(WireFormat.KEY).orElse("primary-key");
        this.clock = clock;
    }

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        if (event.operation() == Operation.MESSAGE) {
            throw new Unshapeable("the format dms is for rows of a table, and this is a domain event");
        }
        JsonBytes bytes = buffers.get();
        DmsObject json = new DmsObject(bytes, indented);
        json.open();
        if (event.operation() == Operation.TRUNCATE) {
            json.name("control");
            json.block(EMPTY);
        } else {
            String after = event.row().after();
            json.name("data");
            json.block(bytes(after == null ? event.row().before() : after));
            if (beforeImage != null && event.operation() == Operation.UPDATE) {
                json.quotedName(beforeImage);
                json.block(bytes(event.row().before()));
            }
        }
        json.name("metadata");
        metadata(event, json);
        json.close();
        if (!indented) {
            bytes.fixed(JsonBytes.ascii("\n"));
        }
        return bytes.take();
    }

    private static byte[] bytes(@Nullable String image) {
        return image == null ? EMPTY : image.getBytes(StandardCharsets.UTF_8);
    }

    private void metadata(Event event, DmsObject json) {
        Event.Origin origin = event.origin();
        boolean truncate = event.operation() == Operation.TRUNCATE;
        json.open();
        json.time("timestamp", clock.instant());
        json.string("record-type", truncate ? "control" : "data");
        json.string("operation", operation(event.operation()));
        json.string("partition-key-type", keyType);
        if (truncate) {
            // The lane is at its end, by which consumers know which rows are gone.
            json.string("partition-key-value", event.route().partitionKey());
        } else if (format.has(WireFormat.PARTITION_VALUE) && !keyType.equals("schema-table")) {
            json.string("partition-key-value", partitionKeyValue(event));
        }
        json.string("schema-name", event.subject().schema());
        json.string("table-name", event.subject().table());
        if (event.operation() != Operation.READ) {
            json.number("transaction-id", origin.transactionId());
            if (format.has(WireFormat.TRANSACTION_DETAILS)) {
                json.number("transaction-record-id", event.id());
                json.time("commit-timestamp", origin.capturedAt());
                json.string("stream-position", Long.toString(event.id()));
            }
        }
        json.close();
    }

    private static String operation(Operation operation) {
        return switch (operation) {
            case CREATE -> "insert";
            case UPDATE -> "update";
            case DELETE -> "delete";
            case READ -> "load";
            case TRUNCATE -> "truncate-table";
            case MESSAGE -> "message";
        };
    }

    /** The values of the key columns. DMS says nothing of several; they are joined by dots here. */
    private String partitionKeyValue(Event event) {
        List<String> values = new ArrayList<>();
        if (format.has(WireFormat.PARTITION_INCLUDE_SCHEMA_TABLE) && keyType.equals("primary-key")) {
            values.add(String.valueOf(event.subject().schema()));
            values.add(String.valueOf(event.subject().table()));
        }
        try (JsonParser parser = FACTORY.createParser(
                event.row().key() == null ? "{}" : event.row().key())) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    values.add(parser.getText());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
        return String.join(".", values);
    }
}
