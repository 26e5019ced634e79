package dev.leat.shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a writer has set as {@code leat.context}. It may be any text. If it is one JSON value, envelopes embed it; otherwise they have it as
 * a string. If it is an object, its fields {@code traceparent} and {@code tracestate} are the writer's trace context (W3C).
 *
 * @param text null: the writer has set none
 * @param json whether the text is exactly one JSON value, and not too deep
 * @param traceParent a well-formed one, or null
 */
record Context(
        @Nullable String text,
        boolean json,
        @Nullable String traceParent,
        @Nullable String traceState) {

    /**
     * The greatest nesting that is embedded as JSON. A deeper one is written as a string, because it could overflow the stack of a
     * reader's parser.
     */
    static final int MAX_DEPTH = 64;

    private static final Context NONE = new Context(null, false, null, null);

    private static final Pattern TRACE_PARENT = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    static Context of(@Nullable String text) {
        if (text == null) {
            return NONE;
        }
        String traceParent = null;
        String traceState = null;
        try (JsonParser parser = FACTORY.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    JsonToken value = parser.nextToken();
                    if (value == JsonToken.VALUE_STRING && name.equals("traceparent")) {
                        traceParent = parser.getText();
                    } else if (value == JsonToken.VALUE_STRING && name.equals("tracestate")) {
                        traceState = parser.getText();
                    } else {
                        parser.skipChildren();
                    }
                }
            } else if (first != null) {
                parser.skipChildren();
            }
            if (first == null || parser.nextToken() != null) {
                return new Context(text, false, null, null);
            }
        } catch (JsonProcessingException e) {
            return new Context(text, false, null, null);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
        boolean traced =
                traceParent != null && TRACE_PARENT.matcher(traceParent).matches();
        return new Context(text, true, traced ? traceParent : null, traced && !isEmpty(traceState) ? traceState : null);
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    void writeTo(JsonBytes out) {
        if (json) {
            out.json(text);
        } else {
            out.string(text);
        }
    }
}
