package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine;

/**
 * One key has nine tenths of the changes. First a backlog: how fast the hot key is drained, and how long the other keys take. Then a steady
 * rate: how long events of other keys wait beside the hot key's. The plain poller, which ignores keys, runs in turns with Leat.
 */
@CommandLine.Command(name = "hot-key", mixinStandardHelpOptions = true)
public final class HotKeyBench implements Callable<Integer> {

    private static final double HOT = 0.9;

    @CommandLine.Option(names = "--events", defaultValue = "20000", description = "Of the backlog.")
    private int events;

    @CommandLine.Option(names = "--rate", defaultValue = "100", description = "Events a second of the steady part.")
    private int rate;

    @CommandLine.Option(
            names = "--seconds",
            defaultValue = "10",
            description = "Of the steady part, and as many to warm.")
    private int seconds;

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each contender.")
    private int rounds;

    @CommandLine.Option(names = "--answer", defaultValue = "5", description = "Milliseconds that the stream takes.")
    private int answerMillis;

    @CommandLine.Option(names = "--with", defaultValue = "", description = "Options of leat run, split at blanks.")
    private String with = "";

    private boolean failed;

    private HotKeyBench() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new HotKeyBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Contender> contenders = List.of(
                Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ", -1)), Contender.plain(1));
        long server = Processes.postmaster();
        System.out.printf("one key takes %.0f %% of the changes; the stream takes %d ms%n", 100 * HOT, answerMillis);
        backlog(contenders, server);
        steady(contenders, server);
        return failed ? 1 : 0;
    }

    /** What a backlog of both came to: seconds from the first record of all to half of the others and to all of them. */
    private record Backlogged(double hotPerSecond, double half, double others, Backlog.Check check) {

        static Backlogged of(List<KeptRecord> records, Backlog.Check check) {
            double[] hot = arrivals(records, Backlog::hot);
            double[] others = arrivals(records, record -> !Backlog.hot(record));
            return new Backlogged(
                    hot.length / Quantiles.of(hot, 1), Quantiles.of(others, 0.5), Quantiles.of(others, 1), check);
        }

        /** Seconds after the first record of all. */
        private static double[] arrivals(List<KeptRecord> records, Predicate<KeptRecord> which) {
            long began = records.get(0).arrivedAt().toEpochMilli();
            return records.stream()
                    .filter(which)
                    .mapToDouble(record -> (record.arrivedAt().toEpochMilli() - began) / 1e3)
                    .toArray();
        }
    }

    private void backlog(List<Contender> contenders, long server) throws InterruptedException {
        Map<Contender, List<Backlogged>> results = new LinkedHashMap<>();
        Drain.Terms terms = new Drain.Terms(1, events, HOT, Duration.ofMillis(answerMillis), server);
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Drain drain = Drain.measure(
                        contender,
                        terms,
                        (records, check) -> results.computeIfAbsent(contender, c -> new ArrayList<>())
                                .add(Backlogged.of(records, check)));
                failed |= contender.promises() && !drain.check().right();
            }
        }
        System.out.println("| a backlog of " + events
                + " | hot key, events/s | half of the others there after, s | all | lost, late, twice |");
        System.out.println("|---|---|---|---|---|");
        results.forEach((contender, drains) -> System.out.printf(
                "| %s | %s | %s | %s | %s |%n",
                contender.name(),
                Quantiles.spread("%,.0f", drains, Backlogged::hotPerSecond),
                Quantiles.spread("%.2f", drains, Backlogged::half),
                Quantiles.spread("%.2f", drains, Backlogged::others),
                Backlog.Check.sum(drains.stream().map(Backlogged::check).toList())));
    }

    private void steady(List<Contender> contenders, long server) throws InterruptedException {
        Map<Contender, List<Steady>> results = new LinkedHashMap<>();
        Steady.Terms terms = new Steady.Terms(
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(seconds),
                Faults.none().delaying(Duration.ofMillis(answerMillis)),
                server);
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Steady steady = Steady.measure(contender, new Ticks.Load(rate, 1, 1, HOT, Backlog.KEYS), terms);
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(steady);
                failed |= contender.promises() && !steady.check().right();
            }
        }
        System.out.println(
                "| at " + rate
                        + " events/s | others, p50, ms | p99 | hot key, p50 | p99 | behind at the end, s | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|---|");
        results.forEach((contender, steadies) -> System.out.printf(
                "| %s | %s | %s | %s | %s | %s | %s |%n",
                contender.name(),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.latencies(), 0.5)),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.latencies(), 0.99)),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.hot(), 0.5)),
                Quantiles.spread("%.1f", steadies, s -> Quantiles.of(s.hot(), 0.99)),
                Quantiles.spread("%.2f", steadies, Steady::drained),
                Backlog.Check.sum(steadies.stream().map(Steady::check).toList())));
    }
}
