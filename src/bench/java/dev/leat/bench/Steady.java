package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.localstream.ShardUse;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One contender under a steady load: started, warmed by that load, then measured.
 *
 * @param latencies milliseconds from the commit of each event to its arrival in the stream, ascending; without those of the hot key
 * @param hot the same of the hot key
 * @param used while it was measured
 * @param drained seconds from the last commit until everything had arrived
 * @param traffic from the start to the end
 * @param check what is wrong with what arrived
 */
record Steady(double[] latencies, double[] hot, Usage used, double drained, Traffic traffic, Backlog.Check check) {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Pattern TICK = Pattern.compile("\"after\":\\{[^}]*\"version\":(\\d+)");

    /**
     * How long.
     *
     * @param warmUp under the load, before it counts
     * @param faults of the stream, from the start to the end; answers that come late are one of them
     */
    record Terms(Duration warmUp, Duration measured, Faults faults, long server) {}

    /**
     * What it took to bring the records.
     *
     * @param requests of PutRecords
     * @param faults that befell them or their entries
     * @param refused entries, by shards over their limit
     * @param records that the stream keeps, repetitions included
     */
    record Traffic(long requests, long faults, long refused, long records) {

        static Traffic of(TestStream stream) {
            return new Traffic(
                    stream.local().requestCount("PutRecords"),
                    stream.local().faultsInjected(),
                    stream.local().shardUse(TestStream.NAME).stream()
                            .mapToLong(ShardUse::refused)
                            .sum(),
                    stream.local().recordCount(TestStream.NAME));
        }
    }

    static Steady measure(Contender contender, Ticks.Load load, Terms terms) throws InterruptedException {
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            Backlog backlog = new Backlog(database, contender.source());
            stream.local().faults(terms.faults());
            int before = backlog.drawn();
            Process process = contender.start(database, stream);
            try (Ticks ticks = new Ticks(database, load)) {
                ticks.write(FIRST);
                arrived(stream, ticks.rows(), process);
                ticks.write(terms.warmUp());
                Usage begun = Usage.now(List.of(process), database, terms.server());
                Ticks.Written written = ticks.write(terms.measured());
                Usage used =
                        Usage.now(List.of(process), database, terms.server()).since(begun);
                long ended = System.nanoTime();
                arrived(stream, ticks.rows(), process);
                double drained = (System.nanoTime() - ended) / 1e9;
                Await.until("everything to be settled", PATIENCE, backlog::settled);
                List<KeptRecord> records = stream.local().records(TestStream.NAME);
                BitSet expected = ticks.numbers();
                if (contender.source() == Source.OUTBOX) {
                    expected = new BitSet();
                    expected.set(before + 1, before + 1 + ticks.rows());
                }
                return new Steady(
                        latencies(records, ticks, written, record -> load.hot() == 0 || !Backlog.hot(record)),
                        latencies(records, ticks, written, record -> load.hot() > 0 && Backlog.hot(record)),
                        used,
                        drained,
                        Traffic.of(stream),
                        backlog.check(expected, records));
            } finally {
                process.destroy();
                process.waitFor();
                contender.source().release(database);
            }
        }
    }

    /** Prints the head of the table that {@link #print} fills. */
    static void printHead() {
        System.out.println(
                "| events/s | | p50, ms | p99, ms | poller, % of a core | its sessions | all of PostgreSQL | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|---|---|");
    }

    /** Prints a line for each. */
    static void print(int rate, Map<Contender, List<Steady>> results) {
        results.forEach((contender, steadies) -> System.out.printf(
                "| %,d | %s | %s | %s | %s | %.1f | %.1f | %s |%n",
                rate,
                contender.name(),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.latencies(), 0.5)),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.latencies(), 0.99)),
                Quantiles.spread(
                        "%.1f", steadies, s -> s.used().percent(s.used().pollers())),
                Quantiles.median(steadies, s -> s.used().percent(s.used().sessions())),
                Quantiles.median(steadies, s -> s.used().percent(s.used().server())),
                Backlog.Check.sum(steadies.stream().map(Steady::check).toList())));
    }

    /** CPU while there is nothing to do, after some events to begin with. */
    static Usage idle(Contender contender, Terms terms) throws InterruptedException {
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            Backlog backlog = new Backlog(database, contender.source());
            backlog.fill(20 * Backlog.KEYS);
            Process process = contender.start(database, stream);
            try {
                arrived(stream, 20 * Backlog.KEYS, process);
                LockSupport.parkNanos(terms.warmUp().toNanos());
                Usage begun = Usage.now(List.of(process), database, terms.server());
                LockSupport.parkNanos(terms.measured().toNanos());
                return Usage.now(List.of(process), database, terms.server()).since(begun);
            } finally {
                process.destroy();
                process.waitFor();
                contender.source().release(database);
            }
        }
    }

    private static void arrived(TestStream stream, int records, Process process) {
        Await.until(
                records + " records to arrive (see target/bench.log)",
                PATIENCE,
                () -> stream.local().recordCount(TestStream.NAME) >= records || !process.isAlive());
        if (!process.isAlive()) {
            throw new IllegalStateException("a contender ended by itself: see target/bench.log");
        }
    }

    private static double[] latencies(
            List<KeptRecord> records, Ticks ticks, Ticks.Written written, Predicate<KeptRecord> which) {
        double[] millis = records.stream()
                .filter(which)
                .mapToDouble(record -> {
                    int tick = tick(record);
                    // The stream's clock has whole milliseconds and drops the rest, half of one on average.
                    return tick < written.first()
                            ? Double.NaN
                            : record.arrivedAt().toEpochMilli() + 0.5 - ticks.committed(tick) / 1e3;
                })
                .filter(latency -> !Double.isNaN(latency))
                .toArray();
        Arrays.sort(millis);
        return millis;
    }

    private static int tick(KeptRecord record) {
        Matcher matcher = TICK.matcher(new String(record.data(), StandardCharsets.UTF_8));
        if (!matcher.find()) {
            throw new IllegalStateException("no version in a record of " + record.partitionKey());
        }
        return Integer.parseInt(matcher.group(1));
    }
}
