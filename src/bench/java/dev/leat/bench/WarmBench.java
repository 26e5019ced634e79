package dev.leat.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * Measures how fast, and with how much CPU, processes that are warmed up drain a backlog that is committed at once. All contenders are
 * started and warmed up, and then run in turns.
 */
@CommandLine.Command(name = "warm", mixinStandardHelpOptions = true)
public final class WarmBench implements Callable<Integer> {

    @CommandLine.Option(names = "--events", defaultValue = "60000", description = "Of a backlog.")
    private int events;

    @CommandLine.Option(names = "--warm-up", defaultValue = "7", description = "Backlogs of each that do not count.")
    private int warmUp;

    @CommandLine.Option(names = "--rounds", defaultValue = "5", description = "Backlogs of each that count.")
    private int rounds;

    @CommandLine.Option(names = "--only", defaultValue = "", description = "Contenders whose name contains this.")
    private String only = "";

    @CommandLine.Option(names = "--with", description = "Leat with these options of run as well, split at blanks.")
    private List<String> with = new ArrayList<>();

    public static void main(String[] args) {
        System.exit(new CommandLine(new WarmBench()).execute(args));
    }

    @Override
    public Integer call() {
        long server = Processes.postmaster();
        List<Contender> contenders = new ArrayList<>(List.of(
                Contender.plain(1),
                Contender.leat("leat"),
                Contender.leat("leat, KPL", "--aggregation", "kpl"),
                Contender.leat("leat, JSON lines", "--aggregation", "lines"),
                Contender.plain(4)));
        with.forEach(options -> contenders.add(Contender.leat("leat " + options, options.split(" ", -1))));
        contenders.removeIf(contender -> !contender.name().contains(only));
        List<Entrant> entrants = new ArrayList<>();
        try {
            for (Contender contender : contenders) {
                Fleet fleet = new Fleet(contender, Duration.ZERO, server);
                entrants.add(new Entrant(contender, fleet, new ArrayList<>()));
                Object unused = fleet.join();
            }
            for (int round = -warmUp; round < rounds; round++) {
                for (Entrant entrant : entrants) {
                    Fleet.Drained drained = entrant.fleet().drain(events);
                    if (round >= 0) {
                        entrant.drained().add(drained);
                    }
                }
            }
            return print(entrants) ? 0 : 1;
        } finally {
            entrants.forEach(entrant -> entrant.fleet().close());
        }
    }

    private record Entrant(Contender contender, Fleet fleet, List<Fleet.Drained> drained) {

        double perSecond() {
            return Quantiles.median(drained, Fleet.Drained::perSecond);
        }
    }

    /** Returns whether what arrived is right. */
    private static boolean print(List<Entrant> entrants) {
        System.out.println(
                "| | events/s | of the first | CPU-s a million: process | its sessions | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|");
        boolean right = true;
        for (Entrant entrant : entrants) {
            Backlog.Check check = entrant.fleet().check();
            right &= check.right() || !entrant.contender().promises();
            System.out.printf(
                    "| %s | %s | %.2f | %s | %s | %s |%n",
                    entrant.contender().name(),
                    Quantiles.spread("%,.0f", entrant.drained(), Fleet.Drained::perSecond),
                    entrant.perSecond() / entrants.get(0).perSecond(),
                    Quantiles.spread("%.1f", entrant.drained(), Fleet.Drained::cpuPerMillion),
                    Quantiles.spread("%.1f", entrant.drained(), Fleet.Drained::sessionsCpuPerMillion),
                    check);
        }
        return right;
    }
}
