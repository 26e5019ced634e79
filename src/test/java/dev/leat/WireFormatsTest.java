package dev.leat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("postgres")
class WireFormatsTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @Test
    void whatIsWrittenIsReadBack() {
        for (String text :
                List.of("debezium", "trigger:both", "cloudevents,events=raw", "debezium:event-router,a=trigger")) {
            WireFormats formats = WireFormats.parse(text);
            assertThat(formats.text()).isEqualTo(text);
            assertThat(WireFormats.parse(formats.text())).isEqualTo(formats);
        }
        assertThat(WireFormats.parse("events=raw"))
                .isEqualTo(new WireFormats(WireFormat.parse("debezium"), Map.of("events", WireFormat.parse("raw"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "avro",
                "trigger:",
                "trigger:old:both",
                "=raw",
                "raw,raw",
                "a=raw,a=trigger",
                "raw:x",
                "events="
            })
    void whatIsNoFormatIsRefusedWithWhatIsExpected(String text) {
        assertThatThrownBy(() -> WireFormats.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("write debezium, cloudevents, trigger or raw for every stream");
    }

    @Test
    void theFormatOfDmsIsNotAStreams() {
        assertThatThrownBy(() -> WireFormats.parse("debezium,audit=dms"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leat attach --format dms");
    }

    /** From the first time it is sent on: in quarantine, released from it, retained, loaded and replayed. */
    @Test
    void anEventKeepsTheFormatOfItsTable() throws Exception {
        stream.local().createStream("audit", 1);
        database.run("CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t VALUES (1, 'loaded')");
        database.run("SELECT leat.attach('public.t', format => 'trigger')");
        database.run("SELECT leat.load('public.t', filter => 'id = 1')");
        database.run("INSERT INTO public.t VALUES (2, '" + "x".repeat(2000) + "')");
        PollerSettings small = PollerSettings.builder()
                .maxRecordSize(1024)
                .retain(Duration.ofDays(1))
                .build();
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(small)
                .build()) {
            poller.start();
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> !database.rows("SELECT FROM leat_poller.quarantine").isEmpty());
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> !stream.texts().isEmpty());
        }
        assertThat(stream.texts()).containsExactly("{\"type\":\"INSERT\",\"data\":{\"id\":1,\"v\":\"loaded\"}}");

        database.run("SELECT leat.retry((SELECT id FROM leat_poller.quarantine))");
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder().retain(Duration.ofDays(1)).build())
                .build()) {
            poller.start();
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> stream.texts().size() == 2);
            // What is in the stream is replayed when it is settled.
            Await.until(
                    "both are kept",
                    Duration.ofSeconds(60),
                    () -> database.rows("SELECT FROM leat_internal.sent").size() == 2);
            database.run("SELECT leat.replay(stream => 'audit')");
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> stream.local().records("audit").size() == 2);
        }
        assertThat(stream.texts().get(1)).startsWith("{\"type\":\"INSERT\",\"data\":{\"id\":2,\"v\":\"xxx");
        assertThat(stream.local().records("audit"))
                .allSatisfy(record -> assertThat(new String(record.data(), StandardCharsets.UTF_8))
                        .startsWith("{\"type\":\"INSERT\",\"data\":{\"id\":"));
    }

    /** An unsent event is in quarantine, and its reason says what to do. */
    @Test
    void eachStreamHasItsOwnFormat() throws Exception {
        stream.local().createStream("events", 1);
        database.run("CREATE TABLE public.t (id int PRIMARY KEY)");
        database.run("SELECT leat.attach('public.t'), leat.allow_stream('events')");
        database.run("INSERT INTO public.t VALUES (1)");
        database.run("SELECT leat.publish('k', 'Happened', '{\"a\":  1}', stream => 'events')");
        database.run("SELECT leat.attach('public.t', stream => 'events'); INSERT INTO public.t VALUES (2)");
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .settings(PollerSettings.builder()
                        .format(WireFormats.parse("cloudevents,events=raw"))
                        .build())
                .build()) {
            poller.start();
            Await.until(
                    "the pollers have sent it",
                    Duration.ofSeconds(60),
                    () -> database.rows("SELECT FROM leat_internal.outbox").isEmpty());
        }
        assertThat(stream.texts()).singleElement().asString().contains("\"type\":\"leat.row.created\"");
        assertThat(stream.local().records("events"))
                .singleElement()
                .satisfies(record -> assertThat(new String(record.data(), StandardCharsets.UTF_8))
                        .isEqualTo("{\"a\":  1}"));
        assertThat(database.rows("SELECT reason FROM leat_poller.quarantine"))
                .singleElement()
                .asString()
                .contains("raw is the payload of a domain event", "leat attach --format");
    }
}
