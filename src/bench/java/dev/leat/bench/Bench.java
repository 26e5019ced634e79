package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.testkit.TestServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * The most important figures in one run: how fast, and with how much CPU, a process that has just started drains a full outbox; how long an
 * event takes in the first seconds of a process; what an idle poller costs; and the throughput of writers. Leat, the plain poller, a jar of
 * another release and Debezium Server run in turns.
 */
@CommandLine.Command(name = "bench", mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {

    @CommandLine.Option(names = "--previous", description = "A leat.jar of another release.")
    private @Nullable Path previous;

    @CommandLine.Option(names = "--debezium", description = "Where Debezium Server is unpacked.")
    private @Nullable Path debezium;

    @CommandLine.Option(
            names = "--java",
            description = "Home of a newer JVM, for Debezium Server and for the launcher: 21 or later.")
    private @Nullable String java;

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each contender.")
    private int rounds;

    @CommandLine.Option(names = "--quick", description = "One round, with fewer contenders: under ten minutes.")
    private boolean quick;

    @CommandLine.Option(names = "--events", defaultValue = "200000", description = "That wait.")
    private int events;

    @CommandLine.Option(
            names = "--parts",
            split = ",",
            defaultValue = "drain,latency,idle,writers",
            description = "Which of these.")
    private List<String> parts = new ArrayList<>();

    @CommandLine.Option(names = "--only", defaultValue = "", description = "Contenders whose name contains this.")
    private String only = "";

    private boolean wrong;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException, SQLException {
        // As in production: commits are on disk, and a slot may be read as soon as they are.
        TestServer.shared(builder -> builder.setServerConfig("wal_level", "logical")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on"));
        long server = Processes.postmaster();
        contenders(false).stream()
                .filter(contender -> contender.name().startsWith("leat, launcher"))
                .forEach(Contender::warm);
        rounds = quick ? 1 : rounds;
        if (parts.contains("drain")) {
            drain(server);
        }
        if (parts.contains("latency")) {
            latency(server);
        }
        if (parts.contains("idle")) {
            idle(server);
        }
        if (parts.contains("writers")) {
            writers(server);
        }
        return wrong ? 1 : 0;
    }

    private List<Contender> contenders(boolean all) {
        List<Contender> contenders = new ArrayList<>();
        if (debezium != null && java != null) {
            contenders.add(Debezium.contender("Debezium Server, tuned", java, debezium, Debezium.TUNED));
        }
        contenders.add(Contender.plain(4));
        contenders.add(Contender.leat("leat"));
        contenders.add(Contender.launched("leat, launcher", System.getProperty("java.home")));
        if (java != null) {
            contenders.add(Contender.launched("leat, launcher, newer JVM", java));
        }
        if (all) {
            contenders.add(Contender.leat("leat, KPL", "--aggregation", "kpl"));
        }
        if (previous != null) {
            contenders.add(Contender.other("leat, previous", previous));
        }
        contenders.removeIf(contender -> !contender.name().contains(only));
        return contenders;
    }

    private void drain(long server) throws InterruptedException {
        Map<Contender, List<Drain>> results = new LinkedHashMap<>();
        List<Contender> contenders = contenders(true);
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : turn(contenders, round)) {
                Drain drain = Drain.measure(contender, new Drain.Terms(1, events, 0, Duration.ZERO, server));
                wrong |= contender.promises() && !drain.check().right();
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(drain);
            }
        }
        System.out.printf("%nDrain of %,d events by a process that has just started%n%n", events);
        Drain.print(sorted(contenders, results));
    }

    private void latency(long server) throws InterruptedException {
        Steady.Terms terms = new Steady.Terms(Duration.ofSeconds(1), Duration.ofSeconds(20), Faults.none(), server);
        Map<Contender, List<Steady>> results = new LinkedHashMap<>();
        List<Contender> contenders = contenders(false);
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : turn(contenders, round)) {
                Steady steady = Steady.measure(contender, Ticks.Load.of(1_000), terms);
                wrong |= contender.promises() && !steady.check().right();
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(steady);
            }
        }
        System.out.printf("%nFrom commit to arrival, in the first 20 s of a process%n%n");
        Steady.printHead();
        Steady.print(1_000, sorted(contenders, results));
    }

    private void idle(long server) throws InterruptedException {
        int seconds = quick ? 20 : 30;
        Steady.Terms terms =
                new Steady.Terms(Duration.ofSeconds(seconds), Duration.ofSeconds(seconds), Faults.none(), server);
        System.out.printf("%nWith nothing to do%n%n");
        System.out.println("| | process, % of a core | its sessions | all of PostgreSQL |");
        System.out.println("|---|---|---|---|");
        for (Contender contender : contenders(false)) {
            Usage used = Steady.idle(contender, terms);
            System.out.printf(
                    "| %s | %.2f | %.2f | %.2f |%n",
                    contender.name(),
                    used.percent(used.pollers()),
                    used.percent(used.sessions()),
                    used.percent(used.server()));
        }
    }

    private void writers(long server) throws InterruptedException, SQLException {
        Duration time = Duration.ofSeconds(quick ? 6 : 12);
        Map<String, List<BusyWriters>> results = new LinkedHashMap<>();
        List<Contender> contenders = contenders(false);
        contenders.removeIf(contender -> contender.name().startsWith("plain"));
        for (int round = 0; round < rounds; round++) {
            add(results, "no capture", BusyWriters.measure(null, false, time, server));
            add(results, "captured, no poller", BusyWriters.measure(Contender.leat("leat"), false, time, server));
            for (Contender contender : turn(contenders, round)) {
                add(results, contender.name() + " at work", BusyWriters.measure(contender, true, time, server));
            }
        }
        System.out.printf("%nFour writers as fast as they can, a row a transaction%n%n");
        System.out.println("| | transactions/s | CPU of PostgreSQL a transaction, µs |");
        System.out.println("|---|---|---|");
        results.forEach((name, measured) -> System.out.printf(
                "| %s | %s | %s |%n",
                name,
                Quantiles.spread("%,.0f", measured, BusyWriters::perSecond),
                Quantiles.spread("%.0f", measured, BusyWriters::serverMicros)));
    }

    private static void add(Map<String, List<BusyWriters>> results, String name, BusyWriters measured) {
        results.computeIfAbsent(name, n -> new ArrayList<>()).add(measured);
    }

    /** Each round begins with another contender. */
    private static List<Contender> turn(List<Contender> contenders, int round) {
        List<Contender> turned = new ArrayList<>(contenders);
        Collections.rotate(turned, round);
        return turned;
    }

    private static <T> Map<Contender, List<T>> sorted(List<Contender> contenders, Map<Contender, List<T>> results) {
        Map<Contender, List<T>> sorted = new LinkedHashMap<>();
        contenders.forEach(contender -> sorted.put(contender, results.getOrDefault(contender, List.of())));
        return sorted;
    }
}
