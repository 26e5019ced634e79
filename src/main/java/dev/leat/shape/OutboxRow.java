package dev.leat.shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.leat.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * What the key of a domain event says about the row of the application's outbox table that it was captured from. An event of
 * {@code leat.publish} has nothing of it.
 *
 * @param id the row's own id, or null
 * @param aggregateType the row's aggregate type, or null
 * @param encoding what the payload was; a JSON value, unless it says otherwise
 */
record OutboxRow(@Nullable String id, @Nullable String aggregateType, Encoding encoding) {

    /** What a payload that is not JSON was in the table. It is a JSON string in the event. */
    enum Encoding {
        /** JSON, as it is in the event. */
        JSON,

        /** A text that is neither a JSON object nor an array. */
        TEXT,

        /** Bytes: the string is their Base64. */
        BASE64
    }

    private static final OutboxRow NONE = new OutboxRow(null, null, Encoding.JSON);

    /** The beginning that the database gives to the key of such a row, and to no other. */
    private static final String BEGINNING = "{\"id\":";

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** Of a domain event. */
    static OutboxRow of(Event event) {
        String key = event.row().key();
        if (key == null || !key.startsWith(BEGINNING)) {
            return NONE;
        }
        String id = null;
        String aggregateType = null;
        Encoding encoding = Encoding.JSON;
        try (JsonParser parser = FACTORY.createParser(key)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                String value = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
                switch (name) {
                    case "id" -> id = value;
                    case "aggregatetype" -> aggregateType = value;
                    case "encoding" -> encoding = "base64".equals(value) ? Encoding.BASE64 : Encoding.TEXT;
                    default -> {}
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the key of an outbox row is no JSON object", e);
        }
        return new OutboxRow(id, aggregateType, encoding);
    }

    /** The text that a JSON string stands for. */
    static String unquoted(String string) {
        try (JsonParser parser = FACTORY.createParser(string)) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new UncheckedIOException("the payload of an outbox row is no JSON string", e);
        }
    }
}
