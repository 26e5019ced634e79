package dev.leat.reconcile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event, as far as a comparison needs it. The images are the bytes of the envelope: what is compared is what consumers get.
 *
 * @param op as in the envelope
 * @param messageType of a domain event
 * @param sourceName {@code source.name}
 * @param schema null for a domain event, and so is the table
 * @param id {@code source.id}
 * @param transaction {@code source.txId}
 */
record StreamEvent(
        String op,
        @Nullable String messageType,
        String sourceName,
        @Nullable String database,
        @Nullable String schema,
        @Nullable String table,
        long id,
        long transaction,
        String partitionKey,
        byte @Nullable [] before,
        byte @Nullable [] after) {

    /** A numeric may have 131,072 digits, a text a gigabyte; and a name of a member is somebody's data. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .build();

    /** Reads an envelope; null if it is none of Leat's. */
    static @Nullable StreamEvent parse(byte[] envelope) {
        try (JsonParser json = FACTORY.createParser(envelope)) {
            return json.nextToken() == JsonToken.START_OBJECT ? new EventParser(json, envelope).event() : null;
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * The values of some members of a JSON object, as they are written there, each with a line break behind it. Within a value no line
     * break is left: those between tokens become spaces, as they do in an aggregate of lines.
     *
     * @throws IllegalArgumentException when the object lacks one of them
     */
    static String members(byte[] image, List<String> names) {
        String[] found = new String[names.size()];
        try (JsonParser json = FACTORY.createParser(image)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                int place = names.indexOf(json.currentName());
                json.nextToken();
                byte[] value = slice(json, image);
                if (place >= 0) {
                    found[place] = new String(onOneLine(value), StandardCharsets.UTF_8);
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the row is no JSON object", e);
        }
        if (Arrays.asList(found).contains(null)) {
            throw new IllegalArgumentException("the row lacks one of the columns " + names);
        }
        return String.join("\n", found);
    }

    /** The same JSON with spaces for line breaks, which stand between tokens alone. */
    static byte[] onOneLine(byte[] json) {
        byte[] line = json.clone();
        for (int i = 0; i < line.length; i++) {
            if (line[i] == '\n' || line[i] == '\r') {
                line[i] = ' ';
            }
        }
        return line;
    }

    /** Walks over the present value and returns its bytes. */
    private static byte[] slice(JsonParser json, byte[] text) throws IOException {
        int begin = (int) json.currentTokenLocation().getByteOffset();
        if (json.currentToken().isStructStart()) {
            json.skipChildren();
        } else {
            // A value that is not asked for may not have been read to its end yet.
            json.finishToken();
        }
        return Arrays.copyOfRange(text, begin, (int) json.currentLocation().getByteOffset());
    }

    /** What was found so far. */
    private static final class EventParser {

        private final JsonParser json;
        private final byte[] text;
        private @Nullable String op;
        private @Nullable String messageType;
        private @Nullable String sourceName;
        private @Nullable String database;
        private @Nullable String schema;
        private @Nullable String table;
        private @Nullable String partitionKey;
        private long id = -1;
        private long transaction = -1;
        private byte @Nullable [] before;
        private byte @Nullable [] after;

        EventParser(JsonParser json, byte[] text) {
            this.json = json;
            this.text = text;
        }

        @Nullable
        StreamEvent event() throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                switch (name) {
                    case "op" -> op = json.getValueAsString();
                    case "before" -> before = image(value);
                    case "after" -> after = image(value);
                    case "message" -> object(this::message);
                    case "source" -> object(this::source);
                    default -> json.skipChildren();
                }
            }
            return op == null || sourceName == null || partitionKey == null || id < 0 || transaction < 0
                    ? null
                    : new StreamEvent(
                            op,
                            messageType,
                            sourceName,
                            database,
                            schema,
                            table,
                            id,
                            transaction,
                            partitionKey,
                            before,
                            after);
        }

        private byte @Nullable [] image(JsonToken value) throws IOException {
            return value == JsonToken.START_OBJECT ? slice(json, text) : null;
        }

        private interface Member {
            void read(String name, JsonToken value) throws IOException;
        }

        private void object(Member member) throws IOException {
            if (json.currentToken() != JsonToken.START_OBJECT) {
                json.skipChildren();
                return;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                member.read(name, json.nextToken());
                json.skipChildren();
            }
        }

        private void message(String name, JsonToken value) throws IOException {
            if (name.equals("prefix")) {
                messageType = json.getValueAsString();
            }
        }

        private void source(String name, JsonToken value) throws IOException {
            switch (name) {
                case "name" -> sourceName = json.getValueAsString();
                case "db" -> database = json.getValueAsString();
                case "schema" -> schema = json.getValueAsString();
                case "table" -> table = json.getValueAsString();
                case "partition_key" -> partitionKey = json.getValueAsString();
                case "id" -> id = value == JsonToken.VALUE_NUMBER_INT ? json.getLongValue() : -1;
                case "txId" -> transaction = value == JsonToken.VALUE_NUMBER_INT ? json.getLongValue() : -1;
                default -> {
                    // Not needed.
                }
            }
        }
    }
}
