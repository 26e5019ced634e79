package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.net.URI;
import java.time.OffsetDateTime;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads the format {@code cloudevents} by the SDK of CloudEvents, which checks the attributes. */
final class CloudEventsConsumerTest {

    @ParameterizedTest
    @EnumSource(Operation.class)
    void itReadsEachOperation(Operation operation) throws Exception {
        CloudEvent event = read(ShapedEvents.of(operation));

        assertThat(event.getId()).isEqualTo("4711");
        assertThat(event.getTime()).isEqualTo(OffsetDateTime.parse("2026-03-01T12:00:00.123456Z"));
        assertThat(event.getDataContentType()).isEqualTo("application/json");
        assertThat(event.getExtension("partitionkey")).isEqualTo("public.orders.42");
        assertThat(event.getExtension("sequence")).isEqualTo("4711");
        String data = new String(Objects.requireNonNull(event.getData()).toBytes(), UTF_8);
        if (operation == Operation.MESSAGE) {
            assertThat(event.getType()).isEqualTo("order.placed");
            assertThat(event.getSource()).isEqualTo(URI.create("/shop"));
            assertThat(data).isEqualTo("{\"order\":42}");
        } else {
            assertThat(event.getType()).startsWith("leat.");
            assertThat(event.getSource()).isEqualTo(URI.create("/shop/public/orders"));
            assertThat(data).startsWith("{\"before\":");
        }
    }

    @Test
    void itReadsAReplayAndNamesOfAnyCharacters() throws Exception {
        Event.Subject odd = new Event.Subject("<img onerror>", "a\u0001b \uD83D\uDE80%", null);
        CloudEvent event = read(ShapedEvents.event(Operation.CREATE, odd, new Event.Row(null, null, "{}"), "not json")
                .asReplay());

        assertThat(event.getExtension("replay")).isEqualTo(true);
        assertThat(event.getSource().getPath()).isEqualTo("/shop/<img onerror>/a\u0001b \uD83D\uDE80%");
    }

    private static CloudEvent read(Event event) throws Exception {
        return new JsonFormat().deserialize(ShapedEvents.shaper("cloudevents").shape(event));
    }
}
