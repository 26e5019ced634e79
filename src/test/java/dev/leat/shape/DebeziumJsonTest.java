package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DebeziumJsonTest {

    private final Shaper shaper = ShapedEvents.shaper("debezium");

    /** As Debezium marks the rows of a snapshot. Nothing else has such a mark, whatever its type is. */
    @Test
    void theFirstAndTheLastRowOfALoadSaySo() throws Exception {
        for (String mark : new String[] {"first", "last"}) {
            Event.Subject subject = new Event.Subject("public", "orders", mark);
            Event.Row row = new Event.Row("{}", null, "{}");
            assertThat(ShapedEvents.parse(shaper.shape(ShapedEvents.event(Operation.READ, subject, row, null))))
                    .containsEntry("source.snapshot", mark);
            assertThat(ShapedEvents.parse(shaper.shape(ShapedEvents.event(Operation.CREATE, subject, row, null))))
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

        Map<String, Object> shaped = ShapedEvents.parse(shaper.shape(row(image, null)));

        assertThat(shaped.get("before.text")).isEqualTo("äöü€\uD83D\uDE80".repeat(100_000));
    }

    @Test
    void aLoneSurrogateDoesNotBreakTheEnvelope() throws Exception {
        Map<String, Object> shaped =
                ShapedEvents.parse(shaper.shape(row("{\"a\":\"x\uD800y\"}", "{\"who\":\"\uDC00\"}")));
        Map<String, Object> asText = ShapedEvents.parse(shaper.shape(row("{}", "\uD83Dnot json")));

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
                    new Event.Origin(odd, ShapedEvents.CAPTURED, name, name, null),
                    false,
                    null);
            assertThat(ShapedEvents.parse(shaper.shape(event)))
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
        assertThat(ShapedEvents.parse(shaper.shape(row("{}", "{\"actor\":{\"id\":7}}"))))
                .containsEntry("source.context.actor.id", 7L);
        assertThat(ShapedEvents.parse(shaper.shape(row("{}", " 42 ")))).containsEntry("source.context", 42L);
    }

    @Test
    void aContextThatIsNotOneJsonValueIsAString() throws Exception {
        for (String context :
                new String[] {"alice", "{\"a\":1", "{\"a\":1} {\"b\":2}", "{a:1}", " ", "NaN", "\"a\nb\"", "1,2"}) {
            assertThat(ShapedEvents.parse(shaper.shape(row("{}", context)))).containsEntry("source.context", context);
        }
    }

    @Test
    void aContextThatIsTooDeepIsAString() throws Exception {
        String deepest = "[".repeat(Context.MAX_DEPTH) + "]".repeat(Context.MAX_DEPTH);
        String bottomless = "[".repeat(100_000);

        assertThat(new String(shaper.shape(row("{}", deepest)), UTF_8)).contains("\"context\":[[");
        assertThat(ShapedEvents.parse(shaper.shape(row("{}", "[" + deepest + "]"))))
                .containsEntry("source.context", "[" + deepest + "]");
        assertThat(ShapedEvents.parse(shaper.shape(row("{}", bottomless)))).containsEntry("source.context", bottomless);
    }

    @Test
    void theIdIsInSourceIdAndSourceSequence() throws Exception {
        Map<String, Object> shaped = ShapedEvents.parse(shaper.shape(row("{}", null)));

        assertThat(shaped).containsEntry("source.id", 4711L).containsEntry("source.sequence", "[\"4711\"]");
    }

    @Test
    void anEventThatIsSentAgainSaysSoAndIsTheSameOtherwise() throws Exception {
        Map<String, Object> shaped =
                ShapedEvents.parse(shaper.shape(row("{}", null).asReplay()));

        assertThat(shaped.remove("source.replay")).isEqualTo("true");
        assertThat(shaped).isEqualTo(ShapedEvents.parse(shaper.shape(row("{}", null))));
    }

    private static Event row(String before, @Nullable String context) {
        return ShapedEvents.event(
                Operation.UPDATE, new Event.Subject("public", "t", null), new Event.Row(null, before, null), context);
    }
}
