package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.WireFormat;
import dev.leat.WireFormats;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The same events for the tests of each format. */
final class ShapedEvents {

    static final Instant CAPTURED = Instant.parse("2026-03-01T12:00:00.123456Z");
    static final Instant SHAPED = Instant.parse("2026-03-01T12:00:00.130000789Z");

    private ShapedEvents() {}

    static Shapers shaper(String format) {
        return new Shapers(
                WireFormats.all(WireFormat.parse(format)),
                "changes",
                new Shapers.EnvelopeSource("0.1.0", "shop", "orders_db"),
                Clock.fixed(SHAPED, ZoneOffset.UTC));
    }

    /** One of each kind, with old images and a writer's context. */
    static Event of(Operation operation) {
        String key = "{\"id\":42}";
        String old = "{\"id\":42,\"name\":\"old\"}";
        String current = "{\"id\":42,\"name\":\"new \uD83D\uDE80\"}";
        Event.Row row = switch (operation) {
            case CREATE, READ -> new Event.Row(key, null, current);
            case UPDATE -> new Event.Row(key, old, current);
            case DELETE -> new Event.Row(key, old, null);
            case TRUNCATE -> new Event.Row(null, null, null);
            case MESSAGE -> new Event.Row("{\"key\":\"order-42\"}", null, "{\"order\":42}");
        };
        Event.Subject subject = operation == Operation.MESSAGE
                ? new Event.Subject(null, null, "order.placed")
                : new Event.Subject("public", "orders", null);
        return event(operation, subject, row, "{\"actor\":\"alice\"}");
    }

    static Event event(Operation operation, Event.Subject subject, Event.Row row, @Nullable String context) {
        return new Event(
                4711,
                3,
                operation,
                new Event.Route("public.orders.42", null),
                subject,
                row,
                new Event.Origin(9876543210L, CAPTURED, "shop_app", "checkout", context),
                false,
                null);
    }

    /** The same event of a table that was attached with a format. */
    static Event inFormat(Event event, String format) {
        return new Event(
                event.id(),
                event.lane(),
                event.operation(),
                new Event.Route(event.route().partitionKey(), null, format),
                event.subject(),
                event.row(),
                event.origin(),
                false,
                null);
    }

    /** The leaves by their paths; also shows that the bytes are one JSON object in valid UTF-8, and nothing after it. */
    static Map<String, Object> parse(byte[] json) throws IOException {
        assertThat(new String(json, UTF_8).getBytes(UTF_8)).isEqualTo(json);
        Map<String, Object> leaves = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                JsonToken token = parser.currentToken();
                if (token.isScalarValue()) {
                    Object value =
                            token == JsonToken.VALUE_NUMBER_INT ? (Object) parser.getLongValue() : parser.getText();
                    leaves.put(
                            parser.getParsingContext()
                                    .pathAsPointer()
                                    .toString()
                                    .substring(1)
                                    .replace('/', '.'),
                            value);
                }
            }
        }
        return leaves;
    }
}
