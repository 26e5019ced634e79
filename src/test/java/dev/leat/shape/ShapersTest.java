package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper.Unshapeable;
import dev.leat.WireFormat;
import dev.leat.WireFormats;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ShapersTest {

    private final Shapers shapers = new Shapers(
            new WireFormats(
                    WireFormat.parse("debezium"),
                    Map.of("events", WireFormat.parse("cloudevents"), "changes", WireFormat.parse("trigger"))),
            "changes",
            new Shapers.EnvelopeSource("0.1.0", "shop", "orders_db"),
            Clock.systemUTC());

    @Test
    void aTablesFormatComesBeforeItsStreams() throws Exception {
        assertThat(shape("events", "trigger:both")).startsWith("{\"type\":\"UPDATE\",\"data\":{\"old\":");
        assertThat(shape("events", null)).startsWith("{\"specversion\":\"1.0\"");
        assertThat(shape("audit", null)).startsWith("{\"before\":");
    }

    @Test
    void anEventThatNamesNoStreamHasTheFormatOfThePollersOwn() throws Exception {
        assertThat(shape(null, null)).startsWith("{\"type\":\"UPDATE\",\"data\":{\"id\":42,\"name\":\"new");
    }

    /** As when a table was attached by a later version. */
    @Test
    void anEventInAnUnknownFormatIsRefusedWithAdvice() {
        for (String unknown :
                new String[] {"avro", "trigger:new", "trigger:old:both", "debezium:event-router:event-router", ""}) {
            assertThatThrownBy(() -> shape(null, unknown))
                    .isInstanceOf(Unshapeable.class)
                    .hasMessageContaining("a format that this poller does not know")
                    .hasMessageContaining("Upgrade the poller, or attach the table again");
        }
    }

    @Test
    void aWritersTraceContextIsAnExtensionOfCloudEvents() throws Exception {
        String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assertThat(context("{\"actor\":\"a\",\"traceparent\":\"" + parent + "\",\"tracestate\":\"a=1\"}"))
                .containsEntry("traceparent", parent)
                .containsEntry("tracestate", "a=1");
        for (String none : new String[] {
            "{\"traceparent\":\"00-0-1\"}",
            "{\"traceparent\":7}",
            "{\"nested\":{\"traceparent\":\"" + parent + "\"}}",
            "\"" + parent + "\"",
            "{\"traceparent\":\"" + parent + "\"} trailing",
            parent
        }) {
            assertThat(context(none)).doesNotContainKey("traceparent").doesNotContainKey("tracestate");
        }
    }

    @Test
    void aSourceOfCloudEventsIsAPathWhateverTheNamesAre() throws Exception {
        Event event = ShapedEvents.event(
                Operation.CREATE, new Event.Subject("a/b", "ü ?#\"", null), new Event.Row(null, null, "{}"), null);
        assertThat(ShapedEvents.parse(ShapedEvents.shaper("cloudevents").shape(event)))
                .containsEntry("source", "/shop/a%2Fb/%C3%BC%20%3F%23%22");
    }

    private static Map<String, Object> context(String text) throws Exception {
        Event event = ShapedEvents.event(
                Operation.CREATE, new Event.Subject("public", "orders", null), new Event.Row(null, null, "{}"), text);
        return ShapedEvents.parse(ShapedEvents.shaper("cloudevents").shape(event));
    }

    private String shape(@Nullable String stream, @Nullable String format) throws Unshapeable {
        Event of = ShapedEvents.of(Operation.UPDATE);
        Event routed = new Event(
                of.id(),
                of.lane(),
                of.operation(),
                new Event.Route("k", stream, format),
                of.subject(),
                of.row(),
                of.origin(),
                false,
                null);
        return new String(shapers.shape(routed), UTF_8);
    }
}
