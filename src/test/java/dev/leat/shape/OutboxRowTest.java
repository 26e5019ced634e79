package dev.leat.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each format writes of a row of an application's outbox table. */
final class OutboxRowTest {

    private static final String JSON = "{\"id\":\"0b-1\",\"aggregatetype\":\"or\\\"der\",\"key\":\"42\"}";
    private static final String TEXT = "{\"id\":\"7\",\"encoding\":\"text\",\"key\":\"42\"}";
    private static final String BYTES = "{\"id\":null,\"encoding\":\"base64\",\"key\":\"42\"}";

    private static Event event(String key, String payload) {
        return ShapedEvents.event(
                Operation.MESSAGE,
                new Event.Subject(null, null, "order.placed"),
                new Event.Row(key, null, payload),
                "{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}");
    }

    private static byte[] shaped(String format, String key, String payload) throws Exception {
        return ShapedEvents.shaper(format).shape(event(key, payload));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                JSON
                        + " | {\"n\": 1} | {\"payload\":{\"n\": 1},\"id\":\"0b-1\",\"eventType\":\"order.placed\",\"aggregateType\":\"or\\\"der\"}",
                TEXT + " | \"a\\nb\"  | {\"payload\":\"a\\nb\",\"id\":\"7\",\"eventType\":\"order.placed\"}",
                BYTES + " | \"AP8Q\" | {\"payload\":\"AP8Q\",\"id\":\"4711\",\"eventType\":\"order.placed\"}",
                "{\"key\":\"{\\\"id\\\":1}\"} | 1 | {\"payload\":1,\"id\":\"4711\",\"eventType\":\"order.placed\"}",
            })
    void theEventRoutersFormHasTheRowsId(String key, String payload, String expected) throws Exception {
        assertThat(new String(shaped("debezium:event-router", key, payload), UTF_8))
                .isEqualTo(expected);
    }

    @Test
    void rawIsWhatTheTableHolds() throws Exception {
        assertThat(shaped("raw", JSON, "{\"n\" : 1}")).isEqualTo("{\"n\" : 1}".getBytes(UTF_8));
        assertThat(shaped("raw", JSON, "\"quoted\"")).isEqualTo("\"quoted\"".getBytes(UTF_8));
        assertThat(shaped("raw", TEXT, "\"a\\n\\u00e9 \uD83D\uDE80\""))
                .isEqualTo("a\n\u00e9 \uD83D\uDE80".getBytes(UTF_8));
        assertThat(shaped("raw", BYTES, "\"AP8Q\"")).isEqualTo(new byte[] {0, (byte) 0xff, 0x10});
    }

    @Test
    void rawHasLargePayloads() throws Exception {
        String large = "x".repeat(9_000_000);

        assertThat(shaped("raw", TEXT, "\"" + large + "\"")).isEqualTo(large.getBytes(UTF_8));
    }

    @Test
    void cloudEventsHaveTextAndBytesAsTheirSpecificationSays() throws Exception {
        CloudEvent json = cloudEvent(JSON, "{\"n\":1}");
        assertThat(json.getId()).isEqualTo("4711");
        assertThat(json.getExtension("eventid")).isEqualTo("0b-1");
        assertThat(json.getExtension("traceparent"))
                .isEqualTo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        assertThat(json.getDataContentType()).isEqualTo("application/json");
        assertThat(data(json)).isEqualTo("{\"n\":1}".getBytes(UTF_8));

        CloudEvent text = cloudEvent(TEXT, "\"a\\nb\"");
        assertThat(text.getExtension("eventid")).isEqualTo("7");
        assertThat(text.getDataContentType()).isEqualTo("text/plain");
        assertThat(data(text)).isEqualTo("a\nb".getBytes(UTF_8));

        CloudEvent bytes = cloudEvent(BYTES, "\"AP8Q\"");
        assertThat(bytes.getExtension("eventid")).isNull();
        assertThat(bytes.getDataContentType()).isEqualTo("application/octet-stream");
        assertThat(data(bytes)).isEqualTo(new byte[] {0, (byte) 0xff, 0x10});
    }

    @Test
    void theEnvelopeHasWhatTheRowSaysInItsKey() throws Exception {
        assertThat(new String(shaped("debezium", BYTES, "\"AP8Q\""), UTF_8))
                .startsWith("{\"message\":{\"prefix\":\"order.placed\",\"content\":\"AP8Q\"},\"key\":" + BYTES + ",");
        assertThat(new String(shaped("trigger", TEXT, "\"a\""), UTF_8))
                .isEqualTo("{\"type\":\"order.placed\",\"data\":\"a\"}");
    }

    private static CloudEvent cloudEvent(String key, String payload) throws Exception {
        return new JsonFormat().deserialize(shaped("cloudevents", key, payload));
    }

    private static byte[] data(CloudEvent event) {
        return Objects.requireNonNull(event.getData()).toBytes();
    }
}
