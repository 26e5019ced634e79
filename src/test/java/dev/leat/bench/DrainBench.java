package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;

/**
 * How fast, and at what cost, a full outbox is emptied: Leat against the plain poller with one and with four workers, in turns.
 * What arrived is checked for loss and order after each.
 */
@CommandLine.Command(name = "drain", mixinStandardHelpOptions = true)
public final class DrainBench implements Runnable {

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
    public void run() {
        List<Contender> contenders = new ArrayList<>(List.of(
                Contender.leat("leat", with.isEmpty() ? new String[0] : with.split(" ")),
                Contender.leat("leat, packed", "--pack", "kpl"),
                Contender.leat("leat, packed in lines", "--pack", "lines"),
                Contender.plain(1),
                Contender.plain(4)));
        contenders.removeIf(contender -> !contender.name().contains(only));
        long server = postmaster();
        Map<Contender, List<Drain>> results = new LinkedHashMap<>();
        try {
            for (int round = 0; round < rounds; round++) {
                for (Contender contender : contenders) {
                    int processes = contender.name().startsWith("leat") ? pollers : 1;
                    Drain drain = Drain.measure(contender, processes, events, Duration.ofMillis(answerMillis), server);
                    results.computeIfAbsent(contender, c -> new ArrayList<>()).add(drain);
                    System.out.println(contender.name() + ": " + drain);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.println("medians of " + rounds + " rounds of " + events + " events:");
        results.forEach(DrainBench::print);
    }

    private static void print(Contender contender, List<Drain> drains) {
        System.out.printf(
                "| %s | %,.0f events/s (%,.0f to %,.0f) | %.1f CPU-s a million | %.1f of PostgreSQL | first after %.2f s,"
                        + " %.2f CPU-s | %.0f MiB | %d lost, %d late, %d twice |%n",
                contender.name(),
                median(drains, Drain::perSecond),
                drains.stream().mapToDouble(Drain::perSecond).min().orElse(0),
                drains.stream().mapToDouble(Drain::perSecond).max().orElse(0),
                median(drains, Drain::cpuPerMillion),
                median(drains, Drain::serverCpuPerMillion),
                median(drains, Drain::firstRecord),
                median(drains, Drain::startCpu),
                median(drains, Drain::memory),
                drains.stream().mapToInt(drain -> drain.check().lost()).sum(),
                drains.stream().mapToInt(drain -> drain.check().late()).sum(),
                drains.stream().mapToInt(drain -> drain.check().twice()).sum());
    }

    private static double median(List<Drain> drains, ToDoubleFunction<Drain> figure) {
        double[] sorted = drains.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** The process of the server, whose children are the backends; it runs on this machine. */
    private static long postmaster() {
        try (var database = TestServer.shared().database();
                Connection connection = database.owner().getConnection()) {
            long backend =
                    Long.parseLong(Objects.requireNonNull(TestDatabase.rows(connection, "SELECT pg_backend_pid()")
                            .get(0)
                            .get(0)));
            return ProcessHandle.of(backend)
                    .flatMap(ProcessHandle::parent)
                    .orElseThrow(() -> new IllegalStateException("the server does not run on this machine"))
                    .pid();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
