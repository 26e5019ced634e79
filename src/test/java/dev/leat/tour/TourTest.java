package dev.leat.tour;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.kinesis.KinesisPublisher;
import dev.leat.kinesis.PublishSettings;
import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.StreamRecord;
import dev.leat.shape.Shapers;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Follows one event through the five stages, in the order of docs/tour.md. */
class TourTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @Test
    void oneEventPassesTheFiveStages() throws Exception {
        // 1. Capture: the application changes a row; a trigger writes what changed into the outbox, in the same
        // transaction.
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, state text)");
        database.run("SELECT leat.attach('public.orders')");
        database.run("SET leat.context = '{\"actor\": \"ada\"}'; INSERT INTO public.orders VALUES (42, 'paid')");
        assertThat(database.rows("SELECT op, partition_key, key, before, after FROM leat_internal.outbox"))
                .containsExactly(java.util.Arrays.asList(
                        "c", "public.orders.42", "{\"id\":42}", null, "{\"id\":42,\"state\":\"paid\"}"));

        // 2. Claim: a poller takes free lanes and reads their events.
        Claims claims = new LaneClaims(
                        database.owner(), ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
                .forWorker();
        try (Claim claim = claims.claim(Set.of())) {
            Event event = claim.events().get(0);
            assertThat(event.operation()).isEqualTo(Operation.CREATE);

            // 3. Shape: the event becomes the bytes that a consumer will read.
            Clock clock = Clock.fixed(Instant.parse("2030-01-01T00:00:00Z"), ZoneOffset.UTC);
            StreamRecord record = new StreamRecord(
                    event,
                    TestStream.NAME,
                    Shapers.debezium(new Shapers.EnvelopeSource("test", "shop", "shop"), clock)
                            .shape(event));

            // 4. Publish: one record of a key in flight, acknowledged before the next of that key leaves.
            List<Outcome> outcomes;
            try (KinesisPublisher publisher = new KinesisPublisher(
                    stream.client(), PublishSettings.defaults(), new PollerListener() {}, System::nanoTime, () -> 0)) {
                outcomes = publisher.publish(List.of(record), claim.deadline()).outcomes();
            }
            assertThat(outcomes).singleElement().isInstanceOf(Outcome.Delivered.class);

            // 5. Settle: the row is deleted and the lanes are let go, in one commit.
            claim.settle(outcomes);
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        assertThat(stream.texts()).singleElement().asString().contains("\"after\":{\"id\":42,\"state\":\"paid\"}");
        assertThat(stream.local().records(TestStream.NAME).get(0).partitionKey())
                .isEqualTo("public.orders.42");
    }

    /** The page cannot show a record that no event of this tour has. */
    @Test
    void thePageShowsTheRowAndTheKeyOfThisTour() throws Exception {
        assertThat(Files.readString(Path.of("docs", "tour.md")))
                .contains("public.orders.42")
                .contains("{\"id\":42,\"state\":\"paid\"}")
                .contains("TourTest");
    }
}
