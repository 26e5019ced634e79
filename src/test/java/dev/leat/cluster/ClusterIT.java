package dev.leat.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.demo.Verdict;
import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClusterIT {

    /** So many entries fail at least, however slow the machine is. */
    private static final long FAULTS = 100;

    private static final int ROUNDS = Extent.of(2, 10);
    private static final int POLLERS = 4;
    private static final int CHANGES_PER_SECOND = 2_000;
    private static final int ENOUGH_TO_SHARE = 5_000;

    /** Drawn anew at each run; to repeat one, set the system property. */
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff_ffffL);

    private static void say(String text, Object... values) {
        System.out.printf("cluster (seed %d): " + text + "%n", prepend(SEED, values));
    }

    private static Object[] prepend(Object first, Object[] others) {
        List<Object> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(others));
        return all.toArray();
    }

    private static Cluster cluster() throws SQLException {
        Cluster cluster = new Cluster(Extent.of(2_000, 5_000));
        for (int i = 0; i < POLLERS; i++) {
            cluster.startPoller();
        }
        // All of them are at work before anything is measured.
        Await.until(
                "the pollers to be alive",
                Duration.ofSeconds(60),
                () -> "4".equals(cluster.database().value("SELECT count(*) FROM leat_internal.poller")));
        cluster.drain();
        return cluster;
    }

    @Test
    void pollersKilledAtRandomUnderAFailingStreamLoseNothingAndKeepTheOrder() throws SQLException {
        Random random = new Random(SEED);
        int kills = 0;
        try (Cluster cluster = cluster()) {
            cluster.startTraffic(CHANGES_PER_SECOND, SEED);
            long began = System.nanoTime();
            for (int round = 0; round < ROUNDS; round++) {
                if (round == ROUNDS / 3) {
                    cluster.stream().faults(Faults.none().seed(SEED).failingEntries(0.1));
                } else if (round == ROUNDS - 1) {
                    while (cluster.stream().faultsInjected() < FAULTS) {
                        cluster.audit().lookOn(Duration.ofMillis(100));
                    }
                    cluster.stream().faults(Faults.none());
                }
                cluster.audit().lookOn(Duration.ofMillis(2_000 + random.nextInt(1_000)));
                LeatProcess victim = cluster.pollers().remove(random.nextInt(POLLERS));
                assertThat(victim.alive()).as(victim::said).isTrue();
                victim.kill();
                kills++;
                cluster.startPoller();
            }
            cluster.stopTraffic();
            double seconds = (System.nanoTime() - began) / 1e9;
            cluster.drain();
            Verdict verdict = cluster.verdict();
            say(
                    "%,d changes in %.1f s, %d kills, %,d faults injected, %,d repeats: %s",
                    verdict.committed(),
                    seconds,
                    kills,
                    cluster.stream().faultsInjected(),
                    verdict.duplicates(),
                    verdict.headline());
            assertThat(verdict.inOrderNothingLost()).as("%s", verdict).isTrue();
            assertThat(verdict.committed() / seconds).isGreaterThan(CHANGES_PER_SECOND / 4.0);
        }
    }

    @Test
    void lanesOfAKilledPollerAreTakenOverWithinFiveSeconds() throws SQLException {
        try (Cluster cluster = cluster()) {
            Random random = new Random(SEED);
            cluster.startTraffic(CHANGES_PER_SECOND / 2, SEED);
            for (int round = 0; round < Extent.of(1, 3); round++) {
                cluster.audit().lookOn(Duration.ofMillis(1_000 + random.nextInt(200)));
                LeatProcess victim = cluster.pollers()
                        .remove(random.nextInt(cluster.pollers().size()));
                List<String> keys = keysInEveryLane("round" + round);
                victim.kill();
                long killed = System.nanoTime();
                cluster.database()
                        .run("SELECT truth.publish(key, 'Fresh', '{}') FROM unnest('{" + String.join(",", keys)
                                + "}'::text[]) key");
                Await.until(
                        "an event of every lane",
                        Duration.ofSeconds(20),
                        () -> keys.stream().allMatch(key -> cluster.audit().arrivedAt(key) > 0));
                long last = keys.stream()
                        .mapToLong(cluster.audit()::arrivedAt)
                        .max()
                        .orElseThrow();
                Duration tookOver = Duration.ofNanos(last - killed);
                say(
                        "with %d pollers left, every lane was carried on after %d ms",
                        cluster.pollers().size(), tookOver.toMillis());
                assertThat(tookOver).isLessThan(Duration.ofSeconds(5));
            }
            cluster.stopTraffic();
            cluster.drain();
            assertThat(cluster.verdict().headline()).isEqualTo("in order, nothing lost");
        }
    }

    @Test
    void pollersShareTheWorkAndAStoppedOneLeavesNothingClaimed() throws SQLException {
        try (Cluster cluster = cluster()) {
            cluster.startTraffic(CHANGES_PER_SECOND, SEED);
            cluster.audit().lookOn(Duration.ofSeconds(Extent.of(2, 10)));
            // A poller says what its shards took every five seconds, so at any moment some have said more than others.
            Await.until(
                    "each poller to have a share", Duration.ofSeconds(60), () -> shared(shares(cluster.database())));
            say("sent by each poller in the last minute: %s", shares(cluster.database()));
            LeatProcess stopped = cluster.pollers().remove(0);
            stopped.terminate();
            assertThat(stopped.exitCode()).as(stopped::said).isZero();
            assertThat(cluster.database().value("SELECT count(*) FROM leat_internal.poller"))
                    .isEqualTo("3");
            assertThat(connectedPollers(cluster)).isEqualTo("3");
            cluster.stopTraffic();
            cluster.drain();
            for (LeatProcess poller : cluster.pollers()) {
                poller.terminate();
            }
            for (LeatProcess poller : cluster.pollers()) {
                assertThat(poller.exitCode()).as(poller::said).isZero();
            }
            assertThat(cluster.database().value("SELECT count(*) FROM leat_internal.outbox"))
                    .isEqualTo("0");
            assertThat(connectedPollers(cluster)).isEqualTo("0");
            assertThat(cluster.verdict().headline()).isEqualTo("in order, nothing lost");
            assertThat(cluster.verdict().duplicates()).isZero();
        }
    }

    /** Whether each has a quarter of an equal share at least. */
    private static boolean shared(List<Long> shares) {
        long all = shares.stream().mapToLong(Long::longValue).sum();
        return shares.size() == POLLERS
                && all >= ENOUGH_TO_SHARE
                && shares.stream().allMatch(share -> share > all / POLLERS / 4);
    }

    /** How many records each poller alive has sent in the last minute, as it has last said. */
    private static List<Long> shares(TestDatabase database) {
        return database
                .rows(
                        "SELECT sum(records) FROM leat_internal.shard_use WHERE poller IN (SELECT poller FROM leat_internal.poller) GROUP BY poller")
                .stream()
                .map(row -> Long.valueOf(String.valueOf(row.get(0))))
                .toList();
    }

    /** The pollers whose connections the database knows. */
    private static @Nullable String connectedPollers(Cluster cluster) {
        return cluster.database()
                .value("SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE usename = '" + Cluster.ROLE
                        + "' AND datname = current_database()");
    }

    /** One key for each of the 64 lanes, which are the slices of the MD5 of a key by its top six bits. */
    private static List<String> keysInEveryLane(String prefix) {
        Map<Integer, String> byLane = new HashMap<>();
        for (int n = 0; byLane.size() < 64; n++) {
            String key = prefix + "-" + n;
            byLane.putIfAbsent(md5(key)[0] >> 2 & 63, key);
        }
        return List.copyOf(byLane.values());
    }

    private static byte[] md5(String text) {
        try {
            return MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
