package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TcpProxy;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class VanishedHostIT {

    private static final Duration PROMISED = Duration.ofSeconds(30);

    /** The default, for which the promise is, and less in a short run. */
    private static final Duration DEADLINE = Duration.ofSeconds(Extent.of(3, 15));

    @Test
    void lanesOfAPollerWhoseHostIsGoneAreTakenOverWithinThirtySecondsAndItComesBackByItself() throws SQLException {
        TestDatabase database = TestServer.shared().database();
        URI server = URI.create(database.url().substring("jdbc:".length()));
        try (Scene scene = new Scene(database);
                TcpProxy network = new TcpProxy(server.getHost(), server.getPort())) {
            LeatProcess vanishing = scene.start(scene.as("leat_vanishing")
                    .databaseThrough(network)
                    .with("LEAT_PUBLISH_DEADLINE", DEADLINE.toSeconds() + "s"));
            scene.awaitPollers();

            // It holds lanes while its request waits: the first may have come in before answers were delayed.
            scene.stream().faults(Faults.none().delaying(Duration.ofSeconds(2)));
            long second = scene.stream().requestCount("PutRecords") + 2;
            scene.write(200, Duration.ofMillis(2));
            Await.until(
                    "a delayed request", Scene.PATIENCE, () -> scene.stream().requestCount("PutRecords") >= second);
            network.silence();
            long gone = System.nanoTime();
            scene.stream().faults(Faults.none());
            LeatProcess other = scene.start(scene.as("leat_staying"));
            List<String> keys = scene.keysInEveryLane("fresh");
            scene.publish(keys);
            Await.until("an event of every lane", PROMISED.plusSeconds(30), () -> scene.arrived(keys));
            Duration took = Duration.ofNanos(
                    keys.stream().mapToLong(scene.audit()::arrivedAt).max().orElseThrow() - gone);

            network.heal();
            other.terminate();
            assertThat(other.exitCode()).as(other::said).isZero();
            long stopped = System.nanoTime();
            List<String> later = scene.keysInEveryLane("later");
            scene.publish(later);
            Await.until("the one left to go on with every lane", Scene.PATIENCE, () -> scene.arrived(later));
            long back = System.nanoTime() - stopped;
            scene.stopWriting();
            scene.drain();
            System.out.printf(
                    "vanished host: every lane went on within %d ms; alone it had every lane %d ms after the other was"
                            + " stopped: %s%n",
                    took.toMillis(), back / 1_000_000, scene.audit().verdict());
            assertThat(took).as("until the server ended its session").isBetween(Duration.ofSeconds(5), PROMISED);
            assertThat(vanishing.alive()).isTrue();
            assertThat(scene.audit().verdict().headline()).isEqualTo("in order, nothing lost");
        }
    }
}
