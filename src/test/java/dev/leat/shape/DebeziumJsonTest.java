package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.pipeline.Shaper.Unshapeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DebeziumJsonTest {

    private static final Instant CAPTURED = Instant.parse("2026-03-01T12:00:00.123456Z");
    private static final Instant SHAPED = Instant.parse("2026-03-01T12:00:00.130000789Z");

    private final DebeziumJson shaper =
            new DebeziumJson("0.1.0", "shop", "orders_db", Clock.fixed(SHAPED, ZoneOffset.UTC));

    /** One file for each operation, compared as text: field order and whitespace are part of what consumers see. */
    @ParameterizedTest
    @EnumSource(Operation.class)
    void eachOperationHasTheFormOfItsGoldenFile(Operation operation) throws Exception {
        String shaped = new String(shaper.shape(eventOf(operation)), UTF_8);

        assertThat(shaped).isEqualTo(golden(operation.code() + ".json"));
        parse(shaped.getBytes(UTF_8));
    }

    /** As Debezium marks the rows of a snapshot. Nothing else has such a mark, whatever its type is. */
    @Test
    void theFirstAndTheLastRowOfALoadSaySo() throws Exception {
        for (String mark : new String[] {"first", "last"}) {
            Event.Subject subject = new Event.Subject("public", "orders", mark);
            Event.Row row = new Event.Row("{}", null, "{}");
            assertThat(parse(shaper.shape(event(Operation.READ, subject, row, null))))
                    .containsEntry("source.snapshot", mark);
            assertThat(parse(shaper.shape(event(Operation.CREATE, subject, row, null))))
                    .containsEntry("source.snapshot", "false");
        }
    }

    @Test
    void imagesPassThroughUnchanged() throws Exception {
        String image =
                "{\"a\":\"\\u0000 \\ud800 \\\"\",\"n\":1e400,\"big\":12345678901234567890.10,  \"emoji\":\"\uD83D\uDE80\"}";

        byte[] shaped = shaper.shape(row(image, "null"));

        assertThat(new String(shaped, UTF_8)).startsWith("{\"before\":" + image + ",\"after\":");
    }

    @Test
    void anImageLargerThanEveryBufferArrivesWhole() throws Exception {
        String image = "{\"text\":\"" + "äöü€\uD83D\uDE80".repeat(100_000) + "\"}";

        Map<String, Object> shaped = parse(shaper.shape(row(image, null)));

        assertThat(shaped.get("before.text")).isEqualTo("äöü€\uD83D\uDE80".repeat(100_000));
    }

    @Test
    void aLoneSurrogateDoesNotBreakTheEnvelope() throws Exception {
        Map<String, Object> shaped = parse(shaper.shape(row("{\"a\":\"x\uD800y\"}", "{\"who\":\"\uDC00\"}")));
        Map<String, Object> asText = parse(shaper.shape(row("{}", "\uD83Dnot json")));

        assertThat(shaped.get("before.a")).isEqualTo("x?y");
        assertThat(shaped.get("source.context.who")).isEqualTo("?");
        assertThat(asText.get("source.context")).isEqualTo("?not json");
    }

    @Test
    void namesOfAnyCharactersArriveAsTheyAre() throws Exception {
        for (char odd = 1; odd < 0x250; odd++) {
            String name = "a" + odd + "\uD83D\uDE80z";
            Event event = new Event(
                    Long.MAX_VALUE - odd,
                    0,
                    Operation.CREATE,
                    new Event.Route("k", null),
                    new Event.Subject(name, name, null),
                    new Event.Row("{}", null, "{}"),
                    new Event.Origin(odd, CAPTURED, name, name, null),
                    false,
                    null);
            assertThat(parse(shaper.shape(event)))
                    .containsEntry("source.schema", name)
                    .containsEntry("source.table", name)
                    .containsEntry("source.user", name)
                    .containsEntry("source.application", name)
                    .containsEntry("source.txId", (long) odd)
                    .containsEntry("source.id", Long.MAX_VALUE - odd);
        }
    }

    @Test
    void aContextThatIsJsonIsEmbedded() throws Exception {
        assertThat(parse(shaper.shape(row("{}", "{\"actor\":{\"id\":7}}"))))
                .containsEntry("source.context.actor.id", 7L);
        assertThat(parse(shaper.shape(row("{}", " 42 ")))).containsEntry("source.context", 42L);
    }

    @Test
    void aContextThatIsNotOneJsonValueIsAString() throws Exception {
        for (String context :
                new String[] {"alice", "{\"a\":1", "{\"a\":1} {\"b\":2}", "{a:1}", " ", "NaN", "\"a\nb\"", "1,2"}) {
            assertThat(parse(shaper.shape(row("{}", context)))).containsEntry("source.context", context);
        }
    }

    @Test
    void aContextThatIsTooDeepIsAString() throws Exception {
        String deepest = "[".repeat(DebeziumJson.MAX_CONTEXT_DEPTH) + "]".repeat(DebeziumJson.MAX_CONTEXT_DEPTH);
        String bottomless = "[".repeat(100_000);

        assertThat(new String(shaper.shape(row("{}", deepest)), UTF_8)).contains("\"context\":[[");
        assertThat(parse(shaper.shape(row("{}", "[" + deepest + "]"))))
                .containsEntry("source.context", "[" + deepest + "]");
        assertThat(parse(shaper.shape(row("{}", bottomless)))).containsEntry("source.context", bottomless);
    }

    @Test
    void theIdIsInSourceIdAndSourceSequence() throws Exception {
        Map<String, Object> shaped = parse(shaper.shape(row("{}", null)));

        assertThat(shaped).containsEntry("source.id", 4711L).containsEntry("source.sequence", "[\"4711\"]");
    }

    @Test
    void anEventThatIsSentAgainSaysSoAndIsTheSameOtherwise() throws Exception {
        Map<String, Object> shaped = parse(shaper.shape(row("{}", null).asReplay()));

        assertThat(shaped.remove("source.replay")).isEqualTo("true");
        assertThat(shaped).isEqualTo(parse(shaper.shape(row("{}", null))));
    }

    @Test
    void anEventThatCouldNotBeCapturedHasNoForm() {
        Event sound = row("{}", null);
        Event faulty = new Event(
                1,
                0,
                Operation.UPDATE,
                sound.route(),
                sound.subject(),
                sound.row(),
                sound.origin(),
                false,
                "no key columns");

        assertThatThrownBy(() -> shaper.shape(faulty))
                .isInstanceOf(Unshapeable.class)
                .hasMessage("no key columns");
    }

    private static Event eventOf(Operation operation) {
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

    private static Event row(String before, @Nullable String context) {
        return event(
                Operation.UPDATE, new Event.Subject("public", "t", null), new Event.Row(null, before, null), context);
    }

    private static Event event(Operation operation, Event.Subject subject, Event.Row row, @Nullable String context) {
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

    private static String golden(String file) throws IOException {
        try (InputStream in = DebeziumJsonTest.class.getResourceAsStream("debezium-" + file)) {
            assertThat(in).as("golden file %s", file).isNotNull();
            return new String(in.readAllBytes(), UTF_8).strip();
        }
    }

    /** The leaves by their paths; also shows that the bytes are one JSON object in valid UTF-8, and nothing after it. */
    private static Map<String, Object> parse(byte[] json) throws IOException {
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
