package dev.leat.bench;

import dev.leat.localstream.KeptRecord;
import dev.leat.localstream.ShardUse;
import dev.leat.localstream.WriteLimits;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * One contender on a stream whose shards are limited.
 *
 * @param busy the used share of the limits of the shards with a backlog, from the first record on; the lowest of them
 * @param refused the refused share of the sent entries, over all shards
 * @param steadyBusy the same after the first ten seconds
 * @param steadyRefused the same after the first ten seconds
 * @param cpuPerMillion CPU-seconds of the contender, start-up left out, for a million records taken
 * @param othersMedian milliseconds from a change of the other shards' keys to its arrival; 0 where there were none
 * @param othersLate the same, of the latest in a hundred
 * @param steadyOthersLate the same after the first ten seconds
 * @param check what is wrong with what arrived in the end
 */
record Throttled(
        double busy,
        double refused,
        double steadyBusy,
        double steadyRefused,
        double cpuPerMillion,
        double othersMedian,
        double othersLate,
        double steadyOthersLate,
        Backlog.Check check) {

    private static final int SHARDS = 4;
    private static final Duration SETTLING = Duration.ofSeconds(10);
    private static final long LOOK = Duration.ofMillis(2).toNanos();
    private static final Pattern CAPTURED = Pattern.compile("\"source\":\\{[^}]*\"ts_us\":(\\d+)");

    /**
     * The settings of a measurement.
     *
     * @param hot the backlog is on the first shard only, and the others' keys are changed at the rate
     * @param backlog whether there is one
     */
    record Wish(int processes, WriteLimits limits, Duration time, boolean hot, boolean backlog, int rate) {}

    static Throttled measure(Contender contender, Wish wish) throws InterruptedException {
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(SHARDS)) {
            Backlog backlog = new Backlog(database);
            String onFirst = "(get_byte(decode(md5('public.item.' || id), 'hex'), 0) >> 6) = 0";
            int perShard =
                    (int) (wish.limits().recordsPerSecond() * (wish.time().toSeconds() * 1.2 + 2));
            stream.local().writeLimits(wish.limits());
            Process[] processes = new Process[wish.processes()];
            for (int n = 0; n < processes.length; n++) {
                processes[n] = contender.start(database, stream);
                awaitConnections(database, contender, n + 1, processes[n]);
            }
            try {
                backlog.fillAtOnce(
                        wish.backlog() ? (wish.hot() ? perShard : perShard * SHARDS) : 1,
                        wish.hot() ? onFirst : "true");
                new Arrivals(stream, List.of(processes)).await(1);
                double cpu = cpu(processes);
                Writer writer = wish.hot() ? new Writer(database, onFirst, wish.rate()) : null;
                Span whole = new Span(stream);
                until(whole.began + SETTLING.toNanos());
                Span steady = new Span(stream);
                until(whole.began + wish.time().toNanos());
                double busy = whole.busy(wish);
                double refused = whole.refused();
                double steadyBusy = steady.busy(wish);
                double steadyRefused = steady.refused();
                cpu = (cpu(processes) - cpu) / whole.records() * 1e6;
                if (writer != null) {
                    writer.stop();
                }
                stream.local().writeLimits(null);
                int all = Integer.parseInt(
                        String.valueOf(database.value("SELECT last_value FROM leat_internal.outbox_id_seq")));
                new Arrivals(stream, List.of(processes)).await(all);
                while (!backlog.settled()) {
                    LockSupport.parkNanos(LOOK);
                }
                BitSet expected = new BitSet();
                expected.set(1, all + 1);
                List<KeptRecord> records = stream.local().records(TestStream.NAME);
                List<KeptRecord> others = wish.hot() ? others(records) : List.of();
                Instant settled = records.get(0).arrivedAt().plus(SETTLING);
                List<KeptRecord> steadyOthers = others.stream()
                        .filter(record -> record.arrivedAt().isAfter(settled))
                        .toList();
                return new Throttled(
                        busy,
                        refused,
                        steadyBusy,
                        steadyRefused,
                        cpu,
                        latency(others, 0.5),
                        latency(others, 0.99),
                        latency(steadyOthers, 0.99),
                        backlog.check(expected, records));
            } finally {
                for (Process process : processes) {
                    process.destroy();
                    process.waitFor();
                }
            }
        }
    }

    /** Starts the processes one after the other, before there is a backlog, because starts take long on a busy machine. */
    private static void awaitConnections(TestDatabase database, Contender contender, int processes, Process last) {
        String connected = contender.name().startsWith("leat")
                ? "SELECT count(*) FROM leat_internal.poller"
                : "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%SKIP LOCKED%'"
                        + " AND pid <> pg_backend_pid()";
        while (Integer.parseInt(String.valueOf(database.value(connected))) < processes) {
            if (!last.isAlive()) {
                throw new IllegalStateException("a contender ended by itself: see target/bench.log");
            }
            LockSupport.parkNanos(50 * LOOK);
        }
    }

    /** The records that the shards received from a time on. */
    private static final class Span {

        private final TestStream stream;
        private final List<ShardUse> before;
        private final long began;

        Span(TestStream stream) {
            this.stream = stream;
            this.before = uses();
            this.began = System.nanoTime();
        }

        private List<ShardUse> uses() {
            return stream.local().shardUse(TestStream.NAME);
        }

        double busy(Wish wish) {
            double seconds = (System.nanoTime() - began) / 1e9;
            List<ShardUse> now = uses();
            return IntStream.range(0, wish.hot() ? 1 : SHARDS)
                    .mapToDouble(n -> Math.max(
                            (now.get(n).records() - before.get(n).records())
                                    / (wish.limits().recordsPerSecond() * seconds),
                            (now.get(n).bytes() - before.get(n).bytes())
                                    / (wish.limits().bytesPerSecond() * seconds)))
                    .min()
                    .orElse(0);
        }

        double refused() {
            List<ShardUse> now = uses();
            double refused = now.stream().mapToLong(ShardUse::refused).sum()
                    - before.stream().mapToLong(ShardUse::refused).sum();
            return refused / Math.max(1, refused + records());
        }

        double records() {
            return uses().stream().mapToLong(ShardUse::records).sum()
                    - before.stream().mapToLong(ShardUse::records).sum();
        }
    }

    /** Changes keys of the other shards at a steady rate. */
    private static final class Writer {

        private final Thread thread;
        private volatile boolean stopping;

        Writer(TestDatabase database, String notThese, int rate) {
            int[] ids = database.rows("SELECT id FROM item WHERE NOT " + notThese).stream()
                    .mapToInt(row -> Integer.parseInt(String.valueOf(row.get(0))))
                    .toArray();
            thread = new Thread(() -> {
                try (Connection connection = database.owner().getConnection();
                        PreparedStatement update =
                                connection.prepareStatement("UPDATE item SET version = version + 1 WHERE id = ?")) {
                    long next = System.nanoTime();
                    for (int n = 0; !stopping; n++) {
                        until(next);
                        next += 1_000_000_000L / rate;
                        update.setInt(1, ids[n % ids.length]);
                        update.executeUpdate();
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            thread.start();
        }

        void stop() throws InterruptedException {
            stopping = true;
            thread.join();
        }
    }

    /** The records of the other shards. */
    private static List<KeptRecord> others(List<KeptRecord> records) {
        return records.stream()
                .filter(record -> !record.shardId().endsWith("0"))
                .toList();
    }

    /** How late a share of them arrived, in milliseconds; 0 if there are none. */
    private static double latency(List<KeptRecord> records, double quantile) {
        double[] millis = records.stream()
                .mapToDouble(record -> {
                    Matcher captured = CAPTURED.matcher(new String(record.data(), StandardCharsets.UTF_8));
                    if (!captured.find()) {
                        throw new IllegalStateException("no time in a record");
                    }
                    return record.arrivedAt().toEpochMilli() - Long.parseLong(captured.group(1)) / 1000.0;
                })
                .sorted()
                .toArray();
        return millis.length == 0 ? 0 : Quantiles.of(millis, quantile);
    }

    private static double cpu(Process[] processes) {
        return Arrays.stream(processes)
                .mapToDouble(process -> Processes.cpuSeconds(process.pid()))
                .sum();
    }

    private static void until(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "busy %.3f, refused %.3f; after 10 s busy %.3f, refused %.3f; %.1f CPU-s a million; others p50 %.0f ms, p99 %.0f,"
                        + " after 10 s %.0f ms; %s",
                busy,
                refused,
                steadyBusy,
                steadyRefused,
                cpuPerMillion,
                othersMedian,
                othersLate,
                steadyOthersLate,
                check);
    }
}
