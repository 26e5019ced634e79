package dev.leat.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads records like a consumer that knows the format of the records but none of Leat's classes. */
public final class Envelope {

    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, List<String>> identities;

    /**
     * @param identities the columns that identify a row, by the table's name as in partition keys
     */
    public Envelope(Map<String, List<String>> identities) {
        this.identities = Map.copyOf(identities);
    }

    /**
     * @throws IllegalArgumentException if the record is not an envelope of a watched change
     */
    public Delivery read(byte[] data) {
        Map<?, ?> envelope;
        try (JsonParser parser = JSON.createParser(data)) {
            parser.nextToken();
            envelope = (Map<?, ?>) object(parser);
        } catch (IOException e) {
            throw new UncheckedIOException("an event is not JSON", e);
        }
        Map<?, ?> source = map(envelope, "source");
        if (!(source.get("partition_key") instanceof String partitionKey)) {
            throw new IllegalArgumentException("an event has no partition key: " + source);
        }
        String op = String.valueOf(envelope.get("op"));
        Change change;
        if (op.equals("m")) {
            Map<?, ?> content = map(map(envelope, "message"), "content");
            change = new Change(partitionKey, op, null, number(content, "version"));
        } else if (op.equals("t")) {
            // Truncate markers of a key are equal; their number shows whether all have arrived.
            change = new Change(partitionKey, op, null, null);
        } else {
            Map<?, ?> before = (Map<?, ?>) envelope.get("before");
            Map<?, ?> after = (Map<?, ?>) envelope.get("after");
            change = new Change(
                    partitionKey + "|" + identity(source, after == null ? before : after, partitionKey),
                    op,
                    before == null ? null : number(before, "version"),
                    after == null ? null : number(after, "version"));
        }
        return new Delivery(change, partitionKey, number(source, "id"), number(source, "ts_us"));
    }

    private String identity(Map<?, ?> source, @Nullable Map<?, ?> row, String partitionKey) {
        List<String> columns = identities.get(source.get("schema") + "." + source.get("table"));
        if (columns == null || row == null) {
            throw new IllegalArgumentException("the table of key " + partitionKey + " is not watched: " + source);
        }
        return columns.stream().map(name -> String.valueOf(row.get(name))).collect(Collectors.joining(","));
    }

    private static Map<?, ?> map(Map<?, ?> envelope, String field) {
        if (envelope.get(field) instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("an event has no " + field + ": " + envelope);
    }

    private static long number(Map<?, ?> from, String field) {
        if (from.get(field) instanceof Long number) {
            return number;
        }
        throw new IllegalArgumentException(field + " is not a number: " + from);
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> fields = new HashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            fields.put(name, value == JsonToken.START_OBJECT ? object(parser) : scalar(parser, value));
        }
        return fields;
    }

    private static @Nullable Object scalar(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.START_ARRAY) {
            parser.skipChildren();
            return null;
        }
        if (token == JsonToken.VALUE_NUMBER_INT) {
            return parser.getLongValue();
        }
        return token == JsonToken.VALUE_NULL ? null : parser.getText();
    }
}
