package dev.leat.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Measures the effect of more requests in flight: a full outbox is drained with several settings, in turns, on a slow stream. */
@CommandLine.Command(name = "in-flight", mixinStandardHelpOptions = true)
public final class InFlightBench implements Runnable {

    @CommandLine.Option(names = "--events", defaultValue = "100000", description = "That wait in the outbox.")
    private int events;

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each setting.")
    private int rounds;

    @CommandLine.Option(names = "--in-flight", defaultValue = "1,2,4,8", split = ",", description = "For each worker.")
    private int[] settings = {};

    @CommandLine.Option(names = "--answer", defaultValue = "20", description = "Milliseconds that the stream takes.")
    private int answerMillis;

    public static void main(String[] args) {
        System.exit(new CommandLine(new InFlightBench()).execute(args));
    }

    @Override
    public void run() {
        Map<Integer, List<Drain>> results = new LinkedHashMap<>();
        try {
            for (int round = 0; round < rounds; round++) {
                for (int setting : settings) {
                    Contender leat = Contender.leat("leat", "--requests-in-flight", String.valueOf(setting));
                    Drain drain = Drain.measure(
                            leat,
                            new Drain.Terms(
                                    1,
                                    events,
                                    0,
                                    Duration.ofMillis(answerMillis),
                                    ProcessHandle.current().pid()));
                    results.computeIfAbsent(setting, n -> new ArrayList<>()).add(drain);
                    System.out.println(setting + ": " + drain);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        results.forEach((setting, drains) -> System.out.printf(
                "| %d | %,.0f events/s | %.1f CPU-s a million | %d lost, %d late |%n",
                setting,
                drains.stream().mapToDouble(Drain::perSecond).sorted().toArray()[drains.size() / 2],
                drains.stream().mapToDouble(Drain::cpuPerMillion).sorted().toArray()[drains.size() / 2],
                drains.stream().mapToInt(drain -> drain.check().lost()).sum(),
                drains.stream().mapToInt(drain -> drain.check().late()).sum()));
    }
}
