package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThrottleIT {

    private static final int POLLERS = 4;

    /** Thirty seconds of throttling end other tools; a short run takes fewer, and with the property it can be any time. */
    private static final int SECONDS = Integer.getInteger("leat.test.throttle-seconds", Extent.of(8, 30));

    /** A pause of 5 s at most is shortened by up to a half, so a stream's rests are 2.5 s or longer once they have grown. */
    private static final int MOST_PROBES = SECONDS * 2 / 5 + 7;

    /** What each of the two workers may have under way when throttling begins. */
    private static final int UNDER_WAY = 2 * 4;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration A_BIT = Duration.ofSeconds(5);

    @Test
    void throttlingIsWaitedOutByAllPollersWithoutAHerd() throws SQLException {
        try (Scene scene = new Scene(TestServer.shared().database())) {
            for (int i = 0; i < POLLERS; i++) {
                scene.start(scene.as("leat_throttled"));
            }
            scene.awaitPollers();
            scene.database().run("INSERT INTO public.item SELECT n, 'before' FROM generate_series(0, 199) n");
            scene.drain();

            scene.stream().faults(Faults.none().throttling());
            long before = requests(scene);
            PersistentWriter writer = scene.write(200, Duration.ofMillis(20));
            List<Long> eachSecond = new ArrayList<>();
            for (int second = 0; second < SECONDS; second++) {
                long last = requests(scene);
                scene.audit().lookOn(Duration.ofSeconds(1));
                eachSecond.add(requests(scene) - last);
            }
            long arrivedBefore = arrived(scene);
            long during = requests(scene) - before;

            long ended = System.nanoTime();
            scene.stream().faults(Faults.none());
            long atTheEnd = requests(scene);
            Await.until("the first record", Duration.ofSeconds(30), () -> arrived(scene) > arrivedBefore);
            Duration first = Duration.ofNanos(System.nanoTime() - ended);
            long requestsUntilFirst = requests(scene) - atTheEnd;
            scene.audit().lookOn(Duration.ofSeconds(1));
            long afterwards = requests(scene) - atTheEnd;
            long arrivedAfterwards = arrived(scene) - arrivedBefore;
            scene.stopWriting();
            scene.drain();
            Duration drained = Duration.ofNanos(System.nanoTime() - ended);

            System.out.printf(
                    "throttled for %d s: %d requests of %d pollers, each second %s; the first record %d ms after its end,"
                            + " in request %d; within the second after that %d requests for %d records; %,d changes"
                            + " written meanwhile, all arrived after %d ms: %s%n",
                    SECONDS,
                    during,
                    POLLERS,
                    eachSecond,
                    first.toMillis(),
                    requestsUntilFirst,
                    afterwards,
                    arrivedAfterwards,
                    writer.written(),
                    drained.toMillis(),
                    scene.audit().verdict());
            assertThat(arrivedBefore).isEqualTo(200);
            assertThat(during).isBetween((long) POLLERS, (long) POLLERS * (MOST_PROBES + UNDER_WAY));
            assertThat(first).isLessThan(LONGEST_PAUSE.plus(A_BIT));
            // Whoever comes back sends what is new, and nobody asks in vain.
            assertThat(afterwards).isLessThanOrEqualTo(arrivedAfterwards + POLLERS * 2);
            assertThat(scene.audit().verdict().headline()).isEqualTo("in order, nothing lost");
            assertThat(scene.audit().verdict().duplicates()).isZero();
            assertThat(scene.pollers()).allMatch(LeatProcess::alive);
            assertThat(writer.failed()).isZero();
        }
    }

    private static long requests(Scene scene) {
        return scene.stream().requestCount("PutRecords");
    }

    private static long arrived(Scene scene) {
        return scene.stream().recordCount(TestStream.NAME);
    }
}
