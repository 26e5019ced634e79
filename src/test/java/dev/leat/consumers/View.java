package dev.leat.consumers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.leat.consume.Deduplicator;
import dev.leat.consume.Unpacker;
import dev.leat.localstream.KeptRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A consumer's copy of the tables of all databases in a stream. */
final class View {

    private static final JsonFactory JSON = new JsonFactory();

    /** The columns of the primary keys, by table. */
    static final Map<String, List<String>> PRIMARY_KEYS =
            Map.of("public.item", List.of("id"), "public.part", List.of("id"), "public.stock", List.of("sku"));

    /** An event beside the record that brought it. */
    record Seen(String recordPartitionKey, byte[] event, Map<String, @Nullable Object> envelope) {

        Map<?, ?> source() {
            return (Map<?, ?>) Objects.requireNonNull(envelope.get("source"));
        }

        String table() {
            return source("schema") + "." + source("table");
        }

        String source(String field) {
            return String.valueOf(source().get(field));
        }
    }

    /** Whether an event is to be applied. */
    interface Rule {
        boolean first(Seen event);
    }

    /** The rule of the documents. */
    static Rule documented() {
        Deduplicator deduplicator = new Deduplicator();
        return event -> deduplicator.first(event.event());
    }

    private record Place(String source, String table, String partitionKey, List<String> primaryKey) {}

    private final Map<Place, Map<?, ?>> rows = new HashMap<>();
    private final Rule rule;
    private int skipped;

    View(Rule rule) {
        this.rule = rule;
    }

    static View of(Rule rule, List<KeptRecord> records) {
        View view = new View(rule);
        records.forEach(view::consume);
        return view;
    }

    void consume(KeptRecord record) {
        for (byte[] event : Unpacker.unpack(record.data())) {
            Seen seen = new Seen(record.partitionKey(), event, parse(event));
            if (rule.first(seen)) {
                apply(seen);
            } else {
                skipped++;
            }
        }
    }

    private void apply(Seen event) {
        if ("t".equals(event.envelope().get("op"))) {
            String partitionKey = event.source("partition_key");
            int lane = Integer.parseInt(partitionKey.substring(partitionKey.lastIndexOf('#') + 1));
            rows.keySet()
                    .removeIf(place -> place.source().equals(event.source("name"))
                            && place.table().equals(event.table())
                            && laneOf(place.partitionKey()) == lane);
            return;
        }
        if (event.envelope().get("before") instanceof Map<?, ?> before) {
            rows.remove(place(event, before));
        }
        if (event.envelope().get("after") instanceof Map<?, ?> after) {
            rows.put(place(event, after), after);
        }
    }

    private static Place place(Seen event, Map<?, ?> row) {
        List<String> primaryKey = new ArrayList<>();
        for (String column : Objects.requireNonNull(PRIMARY_KEYS.get(event.table()))) {
            primaryKey.add(String.valueOf(row.get(column)));
        }
        return new Place(event.source("name"), event.table(), event.source("partition_key"), primaryKey);
    }

    /** The rows as {@code source table name version}, sorted, each with how often it is there. */
    Map<String, Integer> rows() {
        Map<String, Integer> lines = new TreeMap<>();
        rows.forEach((place, row) -> lines.merge(
                place.source() + " " + place.table().replaceFirst("^public\\.", "") + " " + row.get("name") + " "
                        + row.get("version"),
                1,
                Integer::sum));
        return lines;
    }

    /** How many events were taken for repetitions. */
    int skipped() {
        return skipped;
    }

    static int laneOf(String partitionKey) {
        try {
            return (MessageDigest.getInstance("MD5").digest(partitionKey.getBytes(StandardCharsets.UTF_8))[0] & 0xff)
                    >> 2;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, @Nullable Object> parse(byte[] event) {
        try (JsonParser parser = JSON.createParser(event)) {
            parser.nextToken();
            return object(parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Values as text, so that no digit is lost. */
    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (value == JsonToken.START_OBJECT) {
                fields.put(name, object(parser));
            } else {
                fields.put(name, value == JsonToken.VALUE_NULL ? null : parser.getText());
                parser.skipChildren();
            }
        }
        return fields;
    }
}
