package dev.leat.bench;

import dev.leat.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;

/**
 * Measures how fast 1, 2, 4 and 8 pollers drain a backlog together if the stream answers with a delay, how evenly they share the lanes, and
 * how soon they do so after one joins or leaves. The plain poller runs in turns with them.
 */
@CommandLine.Command(name = "scale", mixinStandardHelpOptions = true)
public final class ScaleBench implements Callable<Integer> {

    /** Lanes are evenly shared if the poller with the most has at most so many times as many as the one with the fewest. */
    private static final double EVEN = 1.5;

    private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);
    private static final int SLOW_MILLIS = 100;
    private static final int REFILL = 20_000;
    private static final Duration PHASE = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @CommandLine.Option(names = "--pollers", split = ",", defaultValue = "1,2,4,8", description = "Processes of Leat.")
    private List<Integer> pollers = List.of();

    @CommandLine.Option(names = "--events", defaultValue = "100000", description = "Of a backlog.")
    private int events;

    @CommandLine.Option(
            names = "--rounds",
            defaultValue = "3",
            description = "Backlogs of each fleet, after one to warm.")
    private int rounds;

    @CommandLine.Option(names = "--answer", defaultValue = "20", description = "Milliseconds that the stream takes.")
    private int answerMillis;

    @CommandLine.Option(names = "--with", defaultValue = "", description = "Options of leat run, split at blanks.")
    private String with = "";

    @CommandLine.Option(names = "--no-members", description = "Leaves out joining and leaving.")
    private boolean noMembers;

    private boolean failed;

    public static void main(String[] args) {
        System.exit(new CommandLine(new ScaleBench()).execute(args));
    }

    @Override
    public Integer call() {
        long server = Processes.postmaster();
        Contender contender = Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ", -1));
        int cores = Runtime.getRuntime().availableProcessors();
        System.out.printf("%d events, the stream takes %d ms, %d cores%n", events, answerMillis, cores);
        System.out.println(
                "| | events/s | of one poller | of the plain poller | cores busy: pollers, PostgreSQL, stream,"
                        + " all | lanes held, least and most | lost, late, twice |");
        System.out.println("|---|---|---|---|---|---|---|");
        double base = drain(Contender.plain(1), 1, server, "plain poller, 1 worker", Double.NaN, Double.NaN);
        double one = Double.NaN;
        for (int count : pollers) {
            double rate = drain(contender, count, server, count + " of leat", one, base);
            one = count == 1 ? rate : one;
        }
        if (!noMembers) {
            members(contender, server);
        }
        return failed ? 1 : 0;
    }

    /** Returns the median rate. */
    private double drain(Contender contender, int count, long server, String name, double one, double base) {
        try (Fleet fleet = fleet(contender, count, server, answerMillis)) {
            Object unused = fleet.drain(events);
            List<Fleet.Drained> all = new ArrayList<>();
            List<Double> held = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                try (LaneWatch watch = new LaneWatch(fleet.database())) {
                    long began = System.nanoTime();
                    all.add(fleet.drain(events));
                    held.addAll(watch.average(began, System.nanoTime()).values());
                }
            }
            Backlog.Check check = fleet.check();
            failed |= contender.promises() && !check.right();
            double rate = Quantiles.median(all, Fleet.Drained::perSecond);
            System.out.printf(
                    "| %s | %s | %.2f | %.2f | %.2f, %.2f, %.2f, %.2f | %.1f, %.1f | %s |%n",
                    name,
                    Quantiles.spread("%,.0f", all, Fleet.Drained::perSecond),
                    rate / one,
                    rate / base,
                    cores(all, Usage::pollers),
                    cores(all, Usage::server),
                    cores(all, Usage::instrument),
                    cores(all, Usage::machine),
                    held.stream().mapToDouble(Double::doubleValue).min().orElse(0),
                    held.stream().mapToDouble(Double::doubleValue).max().orElse(0),
                    check);
            return rate;
        }
    }

    private static Fleet fleet(Contender contender, int count, long server, int answerMillis) {
        Fleet fleet = new Fleet(contender, Duration.ofMillis(answerMillis), server);
        for (int poller = 0; poller < count; poller++) {
            Object unused = fleet.join();
        }
        return fleet;
    }

    private static double cores(List<Fleet.Drained> all, ToDoubleFunction<Usage> who) {
        return Quantiles.median(
                all,
                drained -> who.applyAsDouble(drained.used()) / drained.used().wall());
    }

    /** How soon lanes are evenly shared again, with a backlog that never ends. */
    private void members(Contender contender, long server) {
        try (Fleet fleet = fleet(contender, 2, server, SLOW_MILLIS);
                LaneWatch watch = new LaneWatch(fleet.database())) {
            even(fleet, watch, 2, System.nanoTime());
            long began = System.nanoTime();
            Process third = fleet.join();
            System.out.printf(
                    "a third joins two: lanes are spread evenly %.1f s after its process was started%n",
                    even(fleet, watch, 3, began));
            began = System.nanoTime();
            fleet.leave(third);
            System.out.printf("it is asked to stop: spread evenly after %.1f s%n", even(fleet, watch, 2, began));
            third = fleet.join();
            even(fleet, watch, 3, System.nanoTime());
            began = System.nanoTime();
            third.destroyForcibly();
            fleet.leave(third);
            System.out.printf("it is killed: spread evenly after %.1f s%n", even(fleet, watch, 2, began));
            claims(fleet, watch);
            Object unused = fleet.arrive();
            Backlog.Check check = fleet.check();
            failed |= !check.right();
            System.out.println("lost, late, twice: " + check);
        }
    }

    /** How often a fleet claims while one joins and leaves. */
    private static void claims(Fleet fleet, LaneWatch watch) {
        double two = transactions(fleet);
        Process third = fleet.join();
        double joins = transactions(fleet);
        even(fleet, watch, 3, System.nanoTime());
        double three = transactions(fleet);
        fleet.leave(third);
        double leaves = transactions(fleet);
        System.out.printf(
                "transactions a second, over %d s each: two %.0f, a third joins %.0f, three %.0f, it leaves %.0f%n",
                PHASE.toSeconds(), two, joins, three, leaves);
    }

    /** The pollers' claims, and the few transactions that the benchmark makes, a second; the backlog never ends. */
    private static double transactions(Fleet fleet) {
        long began = System.nanoTime();
        long first = count(fleet);
        while (System.nanoTime() - began < PHASE.toNanos()) {
            if (fleet.waiting() < REFILL) {
                fleet.write(REFILL);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        return (count(fleet) - first) * 1e9 / (System.nanoTime() - began);
    }

    private static long count(Fleet fleet) {
        return Long.parseLong(String.valueOf(fleet.database()
                .value("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")));
    }

    /** Waits until that many hold lanes, and none many more than another on average of a second; returns the seconds since then. */
    private static double even(Fleet fleet, LaneWatch watch, int count, long since) {
        Await.until("lanes to be spread evenly", PATIENCE, () -> {
            if (fleet.waiting() < REFILL) {
                fleet.write(REFILL);
            }
            long now = System.nanoTime();
            Collection<Double> held =
                    watch.average(Math.max(since, now - WINDOW), now).values();
            return now - since >= WINDOW
                    && held.size() == count
                    && Collections.max(held) <= EVEN * Collections.min(held);
        });
        return (System.nanoTime() - since) / 1e9;
    }
}
