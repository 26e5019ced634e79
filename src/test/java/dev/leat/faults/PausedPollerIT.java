package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PausedPollerIT {

    private static final JsonFactory JSON = new JsonFactory();

    @Test
    void aPollerThatWakesAfterItsDeadlinePublishesNothingStaleAndGoesOn() throws SQLException {
        try (Scene scene = new Scene(TestServer.shared().database())) {
            LeatProcess paused = scene.start(
                    scene.as("leat_paused"), "--publish-deadline", "2s", "--workers", "1", "--requests-in-flight", "1");
            scene.awaitPollers();
            scene.write(50, Duration.ofMillis(1));
            scene.stream().faults(Faults.none().delaying(Duration.ofMillis(1500)));
            pauseWithinARequest(scene, paused);
            long began = System.nanoTime();
            LeatProcess other = scene.start(scene.as("leat_awake"), "--publish-deadline", "2s");
            // What is in flight lands now.
            scene.stream().faults(Faults.none());
            List<String> keys = scene.keysInEveryLane("fresh");
            scene.publish(keys);
            Await.until("the other to have every lane", Scene.PATIENCE, () -> scene.arrived(keys));
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            // Its lanes are the other's, and their keys have newer events than those it holds.
            scene.audit().lookOn(Duration.ofSeconds(2));
            int atWaking = (int) scene.stream().recordCount(TestStream.NAME);
            paused.resume();
            scene.audit().lookOn(Duration.ofSeconds(3));
            other.terminate();
            assertThat(other.exitCode()).as(other::said).isZero();
            List<String> later = scene.keysInEveryLane("later");
            scene.publish(later);
            Await.until("the woken one to go on with every lane", Scene.PATIENCE, () -> scene.arrived(later));
            scene.stopWriting();
            scene.drain();

            Map<String, Long> highest = new HashMap<>();
            int stale = 0;
            int repeatedBefore = 0;
            List<KeptRecord> records = scene.stream().records(TestStream.NAME);
            for (int i = 0; i < records.size(); i++) {
                long id = id(records.get(i));
                long last = highest.merge(records.get(i).partitionKey(), id, Math::max);
                stale += i >= atWaking && id < last ? 1 : 0;
                repeatedBefore += i < atWaking && id < last ? 1 : 0;
            }
            System.out.printf(
                    "paused poller: its lanes were another's after %d ms; %d records before it woke, %d after, %d of them"
                            + " older than their key's newest (%d before): %s%n",
                    took.toMillis(),
                    atWaking,
                    records.size() - atWaking,
                    stale,
                    repeatedBefore,
                    scene.audit().verdict());
            // It was the server that ended its session, five seconds after the deadline.
            assertThat(took).isGreaterThan(Duration.ofSeconds(3));
            assertThat(stale).isZero();
            assertThat(paused.alive()).isTrue();
            assertThat(scene.audit().verdict().headline()).isEqualTo("in order, nothing lost");
        }
    }

    /**
     * Stops the only poller while its only request waits for the answer: a process stopped just before it sends has the window
     * that docs/guarantees.md names, and would make this test a matter of luck.
     */
    private static void pauseWithinARequest(Scene scene, LeatProcess poller) {
        // The first of these may have come in before answers were delayed; the second came after its answer.
        long second = scene.stream().requestCount("PutRecords") + 2;
        Await.until("a delayed request", Scene.PATIENCE, () -> scene.stream().requestCount("PutRecords") >= second);
        poller.pause();
        assertThat(scene.stream().requestCount("PutRecords")).isEqualTo(second);
        assertThat(scene.claims("leat_paused")).isTrue();
    }

    private static long id(KeptRecord record) {
        try (JsonParser parser = new FilteringParserDelegate(
                JSON.createParser(record.data()),
                new JsonPointerBasedFilter(JsonPointer.compile("/source/id")),
                TokenFilter.Inclusion.ONLY_INCLUDE_ALL,
                false)) {
            if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
                throw new IllegalArgumentException("a record without an id");
            }
            return parser.getLongValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
