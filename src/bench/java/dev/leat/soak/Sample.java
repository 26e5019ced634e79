package dev.leat.soak;

import dev.leat.outbox.ClaimSettings;
import dev.leat.outbox.LaneClaims;
import dev.leat.pipeline.Claim;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import javax.sql.DataSource;

/**
 * One sample of a soak.
 *
 * @param memoryMiB the resident memory of the poller that runs from the start to the end
 * @param outboxKiB the outbox with its index on disk
 * @param claim a claim by a poller that knows only the stored lows, as a multiple of one from an outbox that was never used; the
 *     medians of several, in turns, so that a busy machine slows both
 * @param waiting how many events were in the outbox
 */
record Sample(double memoryMiB, double outboxKiB, double claim, long waiting) {

    private static final int CLAIMS = 9;

    static Sample take(LeatProcess poller, TestDatabase database, DataSource pool, DataSource unused) {
        return new Sample(
                memory(poller),
                number(database, "SELECT pg_total_relation_size('leat_internal.outbox') / 1024"),
                claim(pool, unused),
                (long) number(database, "SELECT count(*) FROM leat_internal.outbox"));
    }

    private static double number(TestDatabase database, String query) {
        return Double.parseDouble(Objects.requireNonNull(database.value(query)));
    }

    private static double memory(LeatProcess poller) {
        try {
            return Files.readAllLines(Path.of("/proc", String.valueOf(poller.pid()), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("the poller's memory could not be read:\n" + poller.said(), e);
        }
    }

    private static double claim(DataSource pool, DataSource unused) {
        double[] busy = new double[CLAIMS];
        double[] idle = new double[CLAIMS];
        for (int i = 0; i < CLAIMS; i++) {
            busy[i] = claim(pool, i);
            idle[i] = claim(unused, i);
        }
        Arrays.sort(busy);
        Arrays.sort(idle);
        return busy[CLAIMS / 2] / idle[CLAIMS / 2];
    }

    /** In nanoseconds. */
    private static double claim(DataSource pool, int seed) {
        // A new one each time: it knows only what is stored.
        var claims = new LaneClaims(pool, ClaimSettings.DEFAULT, "changes", () -> 2, System::nanoTime, new Random(seed))
                .forWorker();
        long began = System.nanoTime();
        try (Claim claim = claims.claim(Set.of())) {
            // They are returned unsettled, and the running pollers publish them.
            Objects.requireNonNull(claim.events());
            return System.nanoTime() - began;
        }
    }
}
