package dev.leat.bench;

import dev.leat.localstream.Faults;
import dev.leat.testkit.TestServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * Leat and Debezium Server with their defaults, and Debezium tuned, in turns: how fast, and with how much CPU, they drain a backlog, and how
 * long an event takes at a steady rate. After each turn it checks what arrived for loss and order.
 */
@CommandLine.Command(name = "debezium", mixinStandardHelpOptions = true)
public final class DebeziumBench implements Callable<Integer> {

    @CommandLine.Option(names = "--debezium", required = true, description = "Where Debezium Server is unpacked.")
    private Path debezium = Path.of("");

    @CommandLine.Option(
            names = "--java",
            required = true,
            description = "Home of the JVM that runs Debezium Server: 21 or later.")
    private String java = "";

    @CommandLine.Option(names = "--events", defaultValue = "200000", description = "That wait.")
    private int events;

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each contender.")
    private int rounds;

    @CommandLine.Option(names = "--rate", defaultValue = "1000", description = "Events a second.")
    private int rate;

    @CommandLine.Option(names = "--warm-up", defaultValue = "30", description = "Seconds under load that do not count.")
    private int warmUp;

    @CommandLine.Option(names = "--seconds", defaultValue = "10", description = "Seconds that count.")
    private int seconds;

    private boolean failed;

    public static void main(String[] args) {
        System.exit(new CommandLine(new DebeziumBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        TestServer.shared(
                builder -> builder.setServerConfig("wal_level", "logical").setServerConfig("synchronous_commit", "on"));
        long server = Processes.postmaster();
        List<Contender> contenders = List.of(
                Debezium.contender("Debezium Server, tuned", java, debezium, Debezium.TUNED),
                Debezium.contender("Debezium Server", java, debezium, Map.of()),
                Contender.leat("leat"),
                Contender.leat("leat, KPL", "--aggregation", "kpl"));
        drain(contenders, new Drain.Terms(1, events, 0, Duration.ZERO, server));
        steady(
                contenders.subList(0, 3),
                new Steady.Terms(Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), Faults.none(), server));
        return failed ? 1 : 0;
    }

    private void drain(List<Contender> contenders, Drain.Terms terms) throws InterruptedException {
        Map<Contender, List<Drain>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Drain drain = Drain.measure(contender, terms);
                failed |= contender.promises() && !drain.check().right();
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(drain);
            }
        }
        Drain.print(results);
    }

    private void steady(List<Contender> contenders, Steady.Terms terms) throws InterruptedException {
        Map<Contender, List<Steady>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                Steady steady = Steady.measure(contender, Ticks.Load.of(rate), terms);
                failed |= contender.promises() && !steady.check().right();
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(steady);
            }
        }
        Steady.printHead();
        Steady.print(rate, results);
    }
}
