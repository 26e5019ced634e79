package dev.leat.bench;

import dev.leat.localstream.WriteLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;

/**
 * A stream of four shards with the service's limits, and a backlog: how much of the limits is used, how much is refused, and how much CPU
 * that takes, for Leat and for the plain poller, which sends refused records again at once. With {@code --hot} the backlog has the keys of one
 * shard, and a writer changes keys of the others: how late these arrive, with and without the backlog. After each turn it checks what
 * arrived for loss and order.
 */
@CommandLine.Command(name = "throttle", mixinStandardHelpOptions = true)
public final class ThrottleBench implements Runnable {

    @CommandLine.Option(names = "--seconds", defaultValue = "60", description = "Of each measurement.")
    private int seconds;

    @CommandLine.Option(names = "--rounds", defaultValue = "3", description = "Of each contender.")
    private int rounds;

    @CommandLine.Option(names = "--pollers", defaultValue = "1,4", split = ",", description = "Processes at once.")
    private int[] pollers = {};

    @CommandLine.Option(names = "--records", defaultValue = "1000", description = "A shard takes in a second.")
    private int records;

    @CommandLine.Option(names = "--bytes", defaultValue = "1048576", description = "A shard takes in a second.")
    private long bytes;

    @CommandLine.Option(names = "--hot", description = "The backlog is on one shard only.")
    private boolean hot;

    @CommandLine.Option(
            names = "--rate",
            defaultValue = "300",
            description = "Changes a second of the other shards' keys.")
    private int rate;

    @CommandLine.Option(names = "--only", defaultValue = "", description = "Contenders whose name contains this.")
    private String only = "";

    public static void main(String[] args) {
        System.exit(new CommandLine(new ThrottleBench()).execute(args));
    }

    @Override
    public void run() {
        Map<String, List<Throttled>> results = new LinkedHashMap<>();
        WriteLimits limits = new WriteLimits(records, bytes);
        Duration time = Duration.ofSeconds(seconds);
        try {
            for (int round = 0; round < rounds; round++) {
                for (int processes : pollers) {
                    for (Contender contender : contenders()) {
                        for (boolean backlog : hot ? new boolean[] {true, false} : new boolean[] {true}) {
                            Throttled.Wish wish = new Throttled.Wish(processes, limits, time, hot, backlog, rate);
                            Throttled result = Throttled.measure(contender, wish);
                            String name = contender.name() + " x" + processes + (backlog ? "" : ", no backlog");
                            results.computeIfAbsent(name, n -> new ArrayList<>())
                                    .add(result);
                            System.out.println(name + ": " + result);
                        }
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.println("medians of " + rounds + " rounds of " + seconds + " s:");
        results.forEach((name, all) -> System.out.println("| " + name + " | " + median(all) + " |"));
    }

    private List<Contender> contenders() {
        List<Contender> contenders = new ArrayList<>(List.of(Contender.leat("leat"), Contender.plain(1)));
        contenders.removeIf(contender -> !contender.name().contains(only));
        return contenders;
    }

    private static String median(List<Throttled> all) {
        return String.format(
                Locale.ROOT,
                "busy %.1f %% (least %.1f %%) | refused %.1f %% (most %.1f %%) | %.1f CPU-s a million | others p50 %.0f ms, p99 %.0f, after 10 s %.0f ms"
                        + " | %d lost, %d late, %d twice",
                100 * middle(all.stream().mapToDouble(Throttled::busy).toArray()),
                100 * all.stream().mapToDouble(Throttled::busy).min().orElse(0),
                100 * middle(all.stream().mapToDouble(Throttled::refused).toArray()),
                100 * all.stream().mapToDouble(Throttled::refused).max().orElse(0),
                middle(all.stream().mapToDouble(Throttled::cpuPerMillion).toArray()),
                middle(all.stream().mapToDouble(Throttled::othersMedian).toArray()),
                middle(all.stream().mapToDouble(Throttled::othersLate).toArray()),
                middle(all.stream().mapToDouble(Throttled::steadyOthersLate).toArray()),
                all.stream().mapToInt(one -> one.check().lost()).sum(),
                all.stream().mapToInt(one -> one.check().late()).sum(),
                all.stream().mapToInt(one -> one.check().twice()).sum());
    }

    private static double middle(double[] figures) {
        Arrays.sort(figures);
        return figures[figures.length / 2];
    }
}
