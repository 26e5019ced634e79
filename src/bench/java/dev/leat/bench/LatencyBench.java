package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * Measures how long an event takes from its commit to its arrival in the stream, and the CPU for it, at steady rates and idle: Leat and
 * the plain poller, which pauses for 100 ms, and in a second form for 2 ms, if it finds nothing.
 */
@CommandLine.Command(name = "latency", mixinStandardHelpOptions = true)
public final class LatencyBench implements Callable<Integer> {

    @CommandLine.Option(
            names = "--rates",
            split = ",",
            defaultValue = "200,1000,3000,10000",
            description = "Events a second; 0: none.")
    private List<Integer> rates = new ArrayList<>();

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each contender at each rate.")
    private int rounds;

    @CommandLine.Option(names = "--warm-up", defaultValue = "10", description = "Seconds under load that do not count.")
    private int warmUp;

    @CommandLine.Option(names = "--seconds", defaultValue = "10", description = "Seconds that count.")
    private int seconds;

    @CommandLine.Option(
            names = "--idle",
            defaultValue = "30",
            description = "Idle seconds that count, after twice as many that do not; 0: none.")
    private int idle;

    @CommandLine.Option(names = "--only", defaultValue = "", description = "Contenders whose name contains this.")
    private String only = "";

    @CommandLine.Option(names = "--with", defaultValue = "", description = "Options of leat run, split at blanks.")
    private String with = "";

    private boolean failed;

    public static void main(String[] args) {
        System.exit(new CommandLine(new LatencyBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Contender> contenders = new ArrayList<>(List.of(
                Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ", -1)),
                Contender.plain(1),
                Contender.plain("plain poller, pause 2 ms", 1, 2)));
        contenders.removeIf(contender -> !contender.name().contains(only));
        rates.removeIf(rate -> rate == 0);
        long server = Processes.postmaster();
        instrument(server);
        Steady.Terms terms =
                new Steady.Terms(Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), Faults.none(), server);
        Steady.printHead();
        for (int rate : rates) {
            steady(contenders, rate, terms);
        }
        if (idle > 0) {
            idle(contenders, server);
        }
        return failed ? 1 : 0;
    }

    /** What writers and server do and take with no poller about. */
    private void instrument(long server) {
        for (int rate : rates) {
            try (TestDatabase database = TestServer.shared().database()) {
                Backlog backlog = new Backlog(database);
                try (Ticks ticks = new Ticks(database, Ticks.Load.of(rate))) {
                    ticks.write(Duration.ofSeconds(Math.min(5, warmUp)));
                    Usage begun = Usage.now(List.of(), database, server);
                    Ticks.Written written = ticks.write(Duration.ofSeconds(5));
                    Usage used = Usage.now(List.of(), database, server).since(begun);
                    System.out.printf(
                            "without a poller, %,d events/s in %,.0f transactions/s of %d rows: a transaction takes"
                                    + " %.2f ms, p99 %.2f; writers %.0f %% of a core, PostgreSQL %.0f %%; %s waiting%n",
                            rate,
                            written.transactionsPerSecond(),
                            Ticks.Load.of(rate).rows(),
                            Quantiles.of(written.millis(), 0.5),
                            Quantiles.of(written.millis(), 0.99),
                            used.percent(used.instrument()),
                            used.percent(used.server()),
                            backlog.settled() ? "none" : "all");
                }
            }
        }
    }

    private void steady(List<Contender> contenders, int rate, Steady.Terms terms) throws InterruptedException {
        Map<Contender, List<Steady>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Steady steady = Steady.measure(contender, Ticks.Load.of(rate), terms);
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(steady);
                failed |= contender.promises() && !steady.check().right();
            }
        }
        Steady.print(rate, results);
    }

    private void idle(List<Contender> contenders, long server) throws InterruptedException {
        Steady.Terms terms =
                new Steady.Terms(Duration.ofSeconds(2L * idle), Duration.ofSeconds(idle), Faults.none(), server);
        System.out.println("| idle | poller, % of a core | its sessions | all of PostgreSQL |");
        System.out.println("|---|---|---|---|");
        for (Contender contender : contenders) {
            Usage used = Steady.idle(contender, terms);
            System.out.printf(
                    "| %s | %.2f | %.2f | %.2f |%n",
                    contender.name(),
                    used.percent(used.pollers()),
                    used.percent(used.sessions()),
                    used.percent(used.server()));
        }
    }
}
