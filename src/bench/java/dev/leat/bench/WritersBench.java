package dev.leat.bench;

import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures the effect of pollers on the application's writers: how long an update of one row takes, committed by itself, while pollers
 * publish all changes, and while nobody publishes. Slices of both run in turns.
 *
 * <p>The writers write at a rate that is easy for the machine, so that the difference comes from the pollers and not from the number of
 * writers. Pollers and the stream are processes on the same machine.
 */
public final class WritersBench {

    private static final int SLICES = Integer.getInteger("leat.bench.slices", 12);
    private static final int SECONDS = Integer.getInteger("leat.bench.seconds", 6);
    private static final int RATE = Integer.getInteger("leat.bench.rate", 500);
    private static final int WRITERS = Integer.getInteger("leat.bench.writers", 4);
    private static final int POLLERS = Integer.getInteger("leat.bench.pollers", 1);

    /** Events that wait when a slice with pollers begins, beside those of the slice before. */
    private static final int BACKLOG = Integer.getInteger("leat.bench.backlog", 0);

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern ENDPOINT = Pattern.compile("AWS_ENDPOINT_URL_KINESIS=(\\S+)");
    private static final String PENDING = "SELECT count(*) FROM leat_internal.outbox";

    private WritersBench() {}

    public static void main(String[] args) throws IOException {
        Path temporary = Files.createTempDirectory("leat-bench");
        try (OwnServer server = OwnServer.create(Map.of("fsync", "on"));
                TestDatabase database = server.server().database();
                LeatProcess stream = LeatProcess.demo(
                        temporary, "local-stream", "--port", "0", "--stream", "changes", "--shards", "4");
                OpenLoop writers = new OpenLoop(database, WRITERS, RATE)) {
            LeatProcess.Environment environment =
                    new LeatProcess.Environment(database, "leat_owner", endpoint(stream), "changes");
            System.out.printf(
                    "%d writers, %d updates/s together, %d pollers, backlog %d, %d slices of %d s of each side%n",
                    WRITERS, RATE, POLLERS, BACKLOG, SLICES, SECONDS);
            writers.measure(Duration.ofSeconds(SECONDS));
            List<double[]> alone = new ArrayList<>();
            List<double[]> beside = new ArrayList<>();
            for (int slice = 0; slice < SLICES; slice++) {
                alone.add(writers.measure(Duration.ofSeconds(SECONDS)));
                beside.add(besidePollers(environment, database, writers));
                System.out.printf(
                        "  slice %2d: %s alone, %s beside pollers%n",
                        slice + 1, quantiles(alone.get(slice)), quantiles(beside.get(slice)));
            }
            report(alone, beside);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static URI endpoint(LeatProcess stream) {
        Await.until(
                "the stream to listen",
                PATIENCE,
                () -> ENDPOINT.matcher(stream.said()).find());
        Matcher said = ENDPOINT.matcher(stream.said());
        return said.find() ? URI.create(said.group(1)) : URI.create("none:");
    }

    private static double[] besidePollers(
            LeatProcess.Environment environment, TestDatabase database, OpenLoop writers) {
        List<LeatProcess> pollers = new ArrayList<>();
        try {
            for (int poller = 0; poller < POLLERS; poller++) {
                pollers.add(LeatProcess.start(environment, "run"));
            }
            // A process that has just started compiles its code. That must not be measured.
            Await.until("the backlog to be published", PATIENCE, () -> "0".equals(database.value(PENDING)));
            writers.measure(Duration.ofSeconds(SECONDS));
            database.run("INSERT INTO public.history SELECT n, 0 FROM generate_series(1, " + BACKLOG
                    + ") n ON CONFLICT (id) DO UPDATE SET v = public.history.v + 1");
            return writers.measure(Duration.ofSeconds(SECONDS));
        } finally {
            pollers.forEach(LeatProcess::terminate);
            pollers.forEach(LeatProcess::exitCode);
        }
    }

    private static String quantiles(double[] sorted) {
        return String.format(Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", quantile(sorted, 0.5), quantile(sorted, 0.99));
    }

    private static void report(List<double[]> alone, List<double[]> beside) {
        for (double share : new double[] {0.5, 0.99}) {
            double without = median(alone, share);
            double with = median(beside, share);
            System.out.printf(
                    "p%.0f, median of the slices: %.2f ms alone, %.2f ms beside pollers, ratio %.2f%n",
                    100 * share, without, with, with / without);
        }
    }

    private static double median(List<double[]> slices, double share) {
        double[] sorted = slices.stream()
                .mapToDouble(slice -> quantile(slice, share))
                .sorted()
                .toArray();
        return quantile(sorted, 0.5);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(Math.floor(share * sorted.length)))];
    }
}
