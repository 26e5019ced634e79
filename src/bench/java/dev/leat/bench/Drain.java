package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * One contender, started at a full outbox and stopped at an empty one.
 *
 * @param firstRecord seconds from the start of the process to the first record in the stream
 * @param perSecond events a second from the first record to the last
 * @param cpuPerMillion CPU-seconds of the contender for a million events, from the first record on
 * @param serverCpuPerMillion CPU-seconds of PostgreSQL for a million events
 * @param startCpu CPU-seconds of the contender up to the first record
 * @param memory the most resident memory, in MiB
 * @param check what is wrong with what arrived
 */
record Drain(
        double firstRecord,
        double perSecond,
        double cpuPerMillion,
        double serverCpuPerMillion,
        double startCpu,
        double memory,
        Backlog.Check check) {

    /**
     * The conditions.
     *
     * @param pollers how many processes of the contender
     * @param events that wait, a share of them of one hot key
     * @param answer how long the stream takes
     * @param server the process of PostgreSQL
     */
    record Terms(int pollers, int events, double hot, Duration answer, long server) {}

    static Drain measure(Contender contender, Terms terms) throws InterruptedException {
        return measure(contender, terms, (records, check) -> {});
    }

    /** Measures one, and hands on what arrived. */
    static Drain measure(Contender contender, Terms terms, BiConsumer<List<KeptRecord>, Backlog.Check> arrived)
            throws InterruptedException {
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            Backlog backlog = new Backlog(database, contender.source());
            backlog.fill(terms.events(), terms.hot());
            BitSet expected = backlog.waiting();
            if (!terms.answer().isZero()) {
                stream.local().faults(Faults.none().delaying(terms.answer()));
            }
            double serverBefore = Processes.treeCpuSeconds(terms.server());
            long began = System.nanoTime();
            Process[] processes = new Process[terms.pollers()];
            for (int n = 0; n < processes.length; n++) {
                processes[n] = contender.start(database, stream);
            }
            try {
                Arrivals arrivals = new Arrivals(stream, List.of(processes));
                arrivals.await(1);
                long first = System.nanoTime();
                double startCpu = cpu(processes);
                Object unused = arrivals.awaitAll(records -> backlog.carried(expected, records));
                double cpu = cpu(processes) - startCpu;
                double serverCpu = Processes.treeCpuSeconds(terms.server()) - serverBefore;
                double memory = 0;
                for (Process process : processes) {
                    memory = Math.max(memory, Processes.peakMemory(process.pid()));
                }
                List<KeptRecord> records = stream.local().records(TestStream.NAME);
                Backlog.Check check = backlog.check(expected, records);
                arrived.accept(records, check);
                double millions = expected.cardinality() / 1e6;
                return new Drain(
                        (first - began) / 1e9,
                        expected.cardinality() / seconds(records),
                        cpu / millions,
                        serverCpu / millions,
                        startCpu,
                        memory,
                        check);
            } finally {
                for (Process process : processes) {
                    process.destroy();
                    process.waitFor();
                }
                contender.source().release(database);
            }
        }
    }

    /** Prints a table of the medians, least and most of each; the first is what the others' rates are compared with. */
    static void print(Map<Contender, List<Drain>> results) {
        System.out.println(
                "| | events/s | of the first | CPU-s a million: process | PostgreSQL | start to first record, s |"
                        + " CPU-s until then | memory, MiB | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        double base = results.values().stream()
                .findFirst()
                .map(drains -> Quantiles.median(drains, Drain::perSecond))
                .orElse(Double.NaN);
        results.forEach((contender, drains) -> System.out.printf(
                "| %s | %s | %.2f | %s | %s | %s | %.2f | %s | %s |%n",
                contender.name(),
                Quantiles.spread("%,.0f", drains, Drain::perSecond),
                Quantiles.median(drains, Drain::perSecond) / base,
                Quantiles.spread("%.1f", drains, Drain::cpuPerMillion),
                Quantiles.spread("%.1f", drains, Drain::serverCpuPerMillion),
                Quantiles.spread("%.2f", drains, Drain::firstRecord),
                Quantiles.median(drains, Drain::startCpu),
                Quantiles.spread("%.0f", drains, Drain::memory),
                Backlog.Check.sum(drains.stream().map(Drain::check).toList())));
    }

    private static double cpu(Process[] processes) {
        double seconds = 0;
        for (Process process : processes) {
            seconds += Processes.cpuSeconds(process.pid());
        }
        return seconds;
    }

    /** From the first record to the last, by the stream's clock. */
    private static double seconds(List<KeptRecord> records) {
        Instant first = records.get(0).arrivedAt();
        Instant last = records.get(records.size() - 1).arrivedAt();
        return Math.max(1, Duration.between(first, last).toMillis()) / 1e3;
    }
}
