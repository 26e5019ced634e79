package dev.leat.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/**
 * Measures how fast, and with how much CPU, a full outbox is drained: Leat and the plain poller with one and with four workers, in turns.
 * After each turn it checks what arrived for loss and order.
 */
@CommandLine.Command(name = "drain", mixinStandardHelpOptions = true)
public final class DrainBench implements Callable<Integer> {

    @CommandLine.Option(names = "--events", defaultValue = "200000", description = "That wait in the outbox.")
    private int events;

    @CommandLine.Option(names = "--rounds", defaultValue = "5", description = "Of each contender.")
    private int rounds;

    @CommandLine.Option(names = "--pollers", defaultValue = "1", description = "Processes of Leat at once.")
    private int pollers;

    @CommandLine.Option(names = "--answer", defaultValue = "0", description = "Milliseconds that the stream takes.")
    private int answerMillis;

    @CommandLine.Option(names = "--only", defaultValue = "", description = "Contenders whose name contains this.")
    private String only = "";

    @CommandLine.Option(names = "--with", defaultValue = "", description = "Options of leat run, split at blanks.")
    private String with = "";

    public static void main(String[] args) {
        System.exit(new CommandLine(new DrainBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Contender> contenders = new ArrayList<>(List.of(
                Contender.plain(1),
                Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ", -1)),
                Contender.leat("leat, KPL", "--aggregation", "kpl"),
                Contender.leat("leat, JSON lines", "--aggregation", "lines"),
                Contender.plain(4)));
        contenders.removeIf(contender -> !contender.name().contains(only));
        Map<Contender, List<Drain>> results = new LinkedHashMap<>();
        long server = Processes.postmaster();
        for (int round = 0; round < rounds; round++) {
            for (Contender contender : contenders) {
                int processes = contender.promises() ? pollers : 1;
                Drain drain = Drain.measure(
                        contender, new Drain.Terms(processes, events, 0, Duration.ofMillis(answerMillis), server));
                results.computeIfAbsent(contender, c -> new ArrayList<>()).add(drain);
                System.out.println(contender.name() + ": " + drain);
            }
        }
        System.out.println("medians, least and most of " + rounds + " rounds of " + events + " events:");
        Drain.print(results);
        boolean wrong = results.entrySet().stream()
                .filter(result -> result.getKey().promises())
                .flatMap(result -> result.getValue().stream())
                .anyMatch(drain -> !drain.check().right());
        return wrong ? 1 : 0;
    }
}
