package dev.leat.bench;

import dev.leat.localstream.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * A few keys have all changes, and the stream has faults: how long an event takes from its commit to its arrival, and how many requests and
 * failed entries that costs. A key has one record in flight, so a delay of a record delays all later ones of its key.
 */
@CommandLine.Command(name = "few-keys", mixinStandardHelpOptions = true)
public final class FewKeysBench implements Callable<Integer> {

    private static final int WRITERS = 2;

    @CommandLine.Option(names = "--rate", defaultValue = "1000", description = "Changes a second.")
    private int rate;

    @CommandLine.Option(names = "--keys", defaultValue = "20", description = "Rows that are changed.")
    private int keys;

    @CommandLine.Option(names = "--failing", defaultValue = "0", description = "Share of entries that fail.")
    private double failing;

    @CommandLine.Option(
            names = "--code",
            defaultValue = "InternalFailure",
            description = "The error code of those entries.")
    private String code = "";

    @CommandLine.Option(
            names = "--losing",
            defaultValue = "0",
            description = "Share of answers whose connection is closed.")
    private double losing;

    @CommandLine.Option(names = "--hanging", defaultValue = "0", description = "Share of answers that never come.")
    private double hanging;

    @CommandLine.Option(names = "--answer", defaultValue = "5", description = "Milliseconds that the stream takes.")
    private int answerMillis;

    @CommandLine.Option(names = "--warm-up", defaultValue = "10", description = "Seconds under load that do not count.")
    private int warmUp;

    @CommandLine.Option(names = "--seconds", defaultValue = "30", description = "Seconds that count.")
    private int seconds;

    @CommandLine.Option(names = "--rounds", defaultValue = "1", description = "How often.")
    private int rounds;

    @CommandLine.Option(names = "--with", defaultValue = "", description = "Options of leat run, split at blanks.")
    private String with = "";

    private FewKeysBench() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new FewKeysBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        Contender leat = Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ", -1));
        Faults faults = Faults.none()
                .seed(1)
                .failingEntries(failing, code)
                .losingAnswers(losing)
                .hangingAfterApplying(hanging)
                .delaying(Duration.ofMillis(answerMillis));
        Steady.Terms terms = new Steady.Terms(
                Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), faults, Processes.postmaster());
        List<Steady> all = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            all.add(Steady.measure(leat, new Ticks.Load(rate, 1, WRITERS, 0, keys), terms));
        }
        System.out.println(
                "| | p50, ms | p99, ms | most, ms | requests a record | failed entries a record | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|---|");
        System.out.printf(
                "| %d keys, %d events/s, %s | %s | %s | %s | %s | %s | %s |%n",
                keys,
                rate,
                trouble(),
                Quantiles.spread("%.0f", all, s -> Quantiles.of(s.latencies(), 0.5)),
                Quantiles.spread("%.0f", all, s -> Quantiles.of(s.latencies(), 0.99)),
                Quantiles.spread("%.0f", all, s -> Quantiles.of(s.latencies(), 1)),
                Quantiles.spread(
                        "%.2f",
                        all, s -> (double) s.traffic().requests() / s.traffic().records()),
                Quantiles.spread(
                        "%.2f",
                        all, s -> (double) failed(s.traffic()) / s.traffic().records()),
                Backlog.Check.sum(all.stream().map(Steady::check).toList()));
        return all.stream().allMatch(steady -> steady.check().right()) ? 0 : 1;
    }

    /** The delay of each answer counts as a fault, too. */
    private long failed(Steady.Traffic traffic) {
        return traffic.faults() - (answerMillis > 0 ? traffic.requests() : 0);
    }

    private String trouble() {
        return String.format(
                Locale.ROOT,
                "%.1f %% of entries fail (%s), %.1f %% of answers are lost, %.1f %% hang",
                100 * failing,
                code,
                100 * losing,
                100 * hanging);
    }
}
