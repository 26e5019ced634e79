package dev.leat.bench;

import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;
import picocli.CommandLine;

/**
 * The rows that a table has already: on their way into the stream by a load, as live events out of a full outbox, by Debezium's
 * first snapshot, and out of the database by COPY alone, which is what pg_dump does; live changes beside a load or a replay; and
 * {@code leat reconcile} of them.
 */
@CommandLine.Command(name = "load-bench", mixinStandardHelpOptions = true)
public final class LoadBench implements Callable<Integer> {

    private static final String TABLE = "CREATE TABLE big (id int PRIMARY KEY, note text NOT NULL)";
    private static final Pattern NUMBER = Pattern.compile("\"after\":\\{[^}]*\"id\":(\\d+)");
    private static final Pattern TICK = Pattern.compile("\"after\":\\{[^}]*\"version\":(\\d+)");
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** How fast a stream is read depends on how many shards it has, as long as there are few. */
    private static final int[] SHARDS = {4, 32};

    @CommandLine.Option(names = "--debezium", description = "Where Debezium Server is unpacked.")
    private @Nullable Path debezium;

    @CommandLine.Option(names = "--java", description = "Home of a newer JVM, for Debezium Server: 21 or later.")
    private @Nullable String java;

    @CommandLine.Option(names = "--rows", defaultValue = "1000000", description = "Of 300 bytes.")
    private int rows;

    @CommandLine.Option(names = "--rounds", defaultValue = "1", description = "Of each.")
    private int rounds;

    @CommandLine.Option(
            names = "--seconds",
            defaultValue = "20",
            description = "For live changes, alone and beside a load or a replay.")
    private int seconds;

    @CommandLine.Option(
            names = "--parts",
            split = ",",
            defaultValue = "rows,live",
            description = "Which of rows, live, replay, reconcile.")
    private List<String> parts = new ArrayList<>();

    private long server;

    /**
     * Rows that were brought.
     *
     * @param perSecond from the first to the last
     * @param cpuPerMillion CPU-seconds of the process for a million, while it brought them
     * @param serverCpuPerMillion CPU-seconds of PostgreSQL for a million
     * @param memory the most resident memory, in MiB
     * @param missing rows that did not arrive
     */
    private record Brought(
            double perSecond, double cpuPerMillion, double serverCpuPerMillion, double memory, int missing) {}

    /**
     * Live changes.
     *
     * @param millis from commit to arrival, ascending
     * @param missing changes that did not arrive
     * @param perSecond rows that a load, or events that a replay brought in a second
     * @param cpu CPU-seconds of the process in a second
     * @param serverCpu CPU-seconds of PostgreSQL in a second, writers included
     */
    private record Live(double[] millis, int missing, double perSecond, double cpu, double serverCpu) {

        double quantile(double share) {
            return Quantiles.of(millis, share);
        }
    }

    /** What live changes go on beside. */
    private enum Beside {
        NOTHING("alone", "SELECT 1", "SELECT 0, NULL::timestamptz", "SELECT 1"),
        LOAD(
                "beside a load",
                "SELECT leat.load('big')",
                "SELECT loaded, ended_at FROM leat_internal.load",
                "SELECT leat.cancel_load(relation) FROM leat_internal.load WHERE state = 'running'"),
        REPLAY(
                "beside a replay",
                "SELECT leat.replay('{public.big}')",
                "SELECT sent, ended_at FROM leat_poller.replay",
                "SELECT leat.cancel_replay() FROM leat_internal.replay WHERE state = 'running'");

        private final String title;
        private final String begin;
        private final String brought;
        private final String end;

        Beside(String title, String begin, String brought, String end) {
            this.title = title;
            this.begin = begin;
            this.brought = brought;
            this.end = end;
        }
    }

    /**
     * A comparison.
     *
     * @param perSecond rows, which were an event each
     * @param memory the most resident memory, in MiB
     */
    private record Compared(double perSecond, double cpu, double serverCpu, double memory) {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new LoadBench()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException, SQLException, IOException {
        TestServer.shared(builder -> builder.setServerConfig("wal_level", "logical")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_wal_size", "4GB"));
        server = Processes.postmaster();
        int missing = 0;
        if (parts.contains("rows")) {
            missing += rows();
        }
        if (parts.contains("live")) {
            missing += live(Beside.LOAD);
        }
        if (parts.contains("replay")) {
            missing += live(Beside.REPLAY);
        }
        if (parts.contains("reconcile")) {
            reconcile();
        }
        return missing == 0 ? 0 : 1;
    }

    private int rows() throws InterruptedException, SQLException, IOException {
        Map<String, List<Brought>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            add(results, "COPY … TO STDOUT", copied());
            add(results, "leat, live events of a full outbox", drained());
            add(results, "leat, load", loaded());
            if (debezium != null && java != null) {
                add(results, "Debezium Server, first snapshot", snapshot(debezium, java));
            }
        }
        System.out.printf("%n%,d rows of 300 bytes%n%n", rows);
        System.out.println("| | rows/s | CPU-s a million: process | PostgreSQL | memory, MiB | missing |");
        System.out.println("|---|---|---|---|---|---|");
        results.forEach((name, brought) -> System.out.printf(
                "| %s | %s | %s | %s | %s | %d |%n",
                name,
                Quantiles.spread("%,.0f", brought, Brought::perSecond),
                Quantiles.spread("%.1f", brought, Brought::cpuPerMillion),
                Quantiles.spread("%.1f", brought, Brought::serverCpuPerMillion),
                Quantiles.spread("%.0f", brought, Brought::memory),
                brought.stream().mapToInt(Brought::missing).sum()));
        return results.values().stream()
                .flatMap(List::stream)
                .mapToInt(Brought::missing)
                .sum();
    }

    private int live(Beside other) throws InterruptedException {
        Map<Beside, List<Live>> results = new EnumMap<>(Beside.class);
        for (int round = 0; round < rounds; round++) {
            // In turns.
            for (Beside beside : List.of(Beside.NOTHING, other)) {
                results.computeIfAbsent(beside, name -> new ArrayList<>()).add(live(beside, other));
            }
        }
        System.out.printf("%nLive changes, 500 a second, for %d s%n%n", seconds);
        System.out.println(
                "| | p50, ms | p99, ms | brought beside, a second | CPU of the process | of PostgreSQL | changes missing |");
        System.out.println("|---|---|---|---|---|---|---|");
        results.forEach((beside, live) -> System.out.printf(
                "| %s | %s | %s | %s | %s | %s | %d |%n",
                beside.title,
                Quantiles.spread("%.0f", live, one -> one.quantile(0.5)),
                Quantiles.spread("%.0f", live, one -> one.quantile(0.99)),
                Quantiles.spread("%,.0f", live, Live::perSecond),
                Quantiles.spread("%.2f", live, Live::cpu),
                Quantiles.spread("%.2f", live, Live::serverCpu),
                live.stream().mapToInt(Live::missing).sum()));
        return results.values().stream()
                .flatMap(List::stream)
                .mapToInt(Live::missing)
                .sum();
    }

    private void reconcile() throws InterruptedException {
        Map<String, List<Compared>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (int shards : SHARDS) {
                add(results, Integer.toString(shards), compared(shards));
            }
        }
        System.out.printf("%nleat reconcile, %,d rows of 300 bytes, an event each%n%n", rows);
        System.out.println("| shards | rows/s | CPU-s: process | PostgreSQL | memory, MiB |");
        System.out.println("|---|---|---|---|---|");
        results.forEach((shards, compared) -> System.out.printf(
                "| %s | %s | %s | %s | %s |%n",
                shards,
                Quantiles.spread("%,.0f", compared, Compared::perSecond),
                Quantiles.spread("%.1f", compared, Compared::cpu),
                Quantiles.spread("%.1f", compared, Compared::serverCpu),
                Quantiles.spread("%.0f", compared, Compared::memory)));
    }

    private Compared compared(int shards) throws InterruptedException {
        Contender contender = Contender.leat("leat");
        Contender reconcile = new Contender(
                "leat reconcile",
                System.getProperty("java.home"),
                List.of("{java}", "-jar", "target/leat.jar", "reconcile", "public.big"),
                Source.OUTBOX,
                "SELECT 1",
                null);
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(shards)) {
            database.run(TABLE);
            database.run("SELECT leat.attach('big')");
            fill(database);
            Process process = contender.start(database, stream);
            try {
                drained(database);
                double serverBefore = Processes.treeCpuSeconds(server);
                long began = System.nanoTime();
                Process comparison = reconcile.start(database, stream);
                double cpu = 0;
                double memory = 0;
                while (!comparison.waitFor(50, TimeUnit.MILLISECONDS)) {
                    try {
                        cpu = Processes.cpuSeconds(comparison.pid());
                        memory = Math.max(memory, Processes.peakMemory(comparison.pid()));
                    } catch (UncheckedIOException e) {
                        // It has just ended.
                    }
                }
                if (comparison.exitValue() != 0) {
                    throw new IllegalStateException("leat reconcile ended with " + comparison.exitValue());
                }
                return new Compared(
                        rows / ((System.nanoTime() - began) / 1e9),
                        cpu,
                        Processes.treeCpuSeconds(server) - serverBefore,
                        memory);
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    private static void drained(TestDatabase database) {
        Await.until(
                "an empty outbox",
                PATIENCE,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox")));
    }

    private static <T> void add(Map<String, List<T>> results, String name, T result) {
        results.computeIfAbsent(name, n -> new ArrayList<>()).add(result);
    }

    private void fill(TestDatabase database) {
        database.run("INSERT INTO big SELECT n, repeat(md5(n::text), 9) FROM generate_series(1, " + rows + ") n");
        database.superuser("VACUUM ANALYZE big");
        database.superuser("CHECKPOINT");
    }

    private Brought copied() throws SQLException, IOException {
        try (TestDatabase database = TestServer.shared().database();
                Connection connection = database.owner().getConnection()) {
            database.run(TABLE);
            fill(database);
            double before = Processes.treeCpuSeconds(server);
            double own = Processes.cpuSeconds(ProcessHandle.current().pid());
            long began = System.nanoTime();
            long copied = new CopyManager(connection.unwrap(BaseConnection.class))
                    .copyOut("COPY big TO STDOUT", OutputStream.nullOutputStream());
            double took = (System.nanoTime() - began) / 1e9;
            return new Brought(
                    rows / took,
                    (Processes.cpuSeconds(ProcessHandle.current().pid()) - own) * 1e6 / rows,
                    (Processes.treeCpuSeconds(server) - before) * 1e6 / rows,
                    Double.NaN,
                    (int) (rows - copied));
        }
    }

    /** The rows were inserted after the table was attached. */
    private Brought drained() throws InterruptedException {
        Contender contender = Contender.leat("leat");
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            database.run(TABLE);
            database.run("SELECT leat.attach('big')");
            fill(database);
            return brought(contender.start(database, stream), stream, () -> {});
        }
    }

    private Brought loaded() throws InterruptedException {
        Contender contender = Contender.leat("leat");
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            database.run(TABLE);
            fill(database);
            database.run("SELECT leat.attach('big')");
            return brought(contender.start(database, stream), stream, () -> database.run("SELECT leat.load('big')"));
        }
    }

    private Brought snapshot(Path distribution, String home) throws InterruptedException {
        Map<String, String> settings = new LinkedHashMap<>(Debezium.TUNED);
        settings.put("debezium.source.snapshot.mode", "initial");
        settings.put("debezium.source.snapshot.fetch.size", "10240");
        settings.put("debezium.source.table.include.list", "public.big");
        Contender contender = Debezium.contender("Debezium Server", home, distribution, settings);
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            database.run(TABLE);
            fill(database);
            database.superuser("CREATE PUBLICATION " + Source.SLOT + " FOR TABLE big");
            try {
                return brought(contender.start(database, stream), stream, () -> {});
            } finally {
                // It has made the slot itself.
                contender.source().release(database);
            }
        }
    }

    /** Waits until every row has arrived in a stream. */
    private Brought brought(Process process, TestStream stream, Runnable begin) throws InterruptedException {
        try {
            begin.run();
            double serverBefore = Processes.treeCpuSeconds(server);
            arrived(process, stream, 1);
            double before = Processes.cpuSeconds(process.pid());
            arrived(process, stream, rows);
            double cpu = Processes.cpuSeconds(process.pid()) - before;
            double serverCpu = Processes.treeCpuSeconds(server) - serverBefore;
            List<KeptRecord> records = stream.local().records(TestStream.NAME);
            BitSet numbers = new BitSet();
            records.forEach(record -> numbers.set(number(NUMBER, record)));
            double took = Duration.between(
                                    records.get(0).arrivedAt(),
                                    records.get(records.size() - 1).arrivedAt())
                            .toMillis()
                    / 1e3;
            return new Brought(
                    rows / took,
                    cpu * 1e6 / rows,
                    serverCpu * 1e6 / rows,
                    Processes.peakMemory(process.pid()),
                    rows - numbers.cardinality());
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private static void arrived(Process process, TestStream stream, long records) {
        Await.until(
                records + " records",
                PATIENCE,
                () -> stream.local().recordCount(TestStream.NAME) >= records || !process.isAlive());
        if (!process.isAlive()) {
            throw new IllegalStateException("a contender ended by itself: see target/bench.log");
        }
    }

    /**
     * @param other with which it is compared: what both have in common, they do alike
     */
    private Live live(Beside beside, Beside other) throws InterruptedException {
        Contender contender =
                other == Beside.REPLAY ? Contender.leat("leat", "--retain", "1d") : Contender.leat("leat");
        try (TestDatabase database = contender.database();
                TestStream stream = new TestStream(4)) {
            database.run(TABLE);
            Object unused = new Backlog(database);
            prepare(database, beside);
            Process process = contender.start(database, stream);
            try (Ticks ticks = new Ticks(database, new Ticks.Load(500, 1, 2, 0, Backlog.KEYS))) {
                ticks.write(Duration.ofSeconds(5));
                database.run(beside.begin);
                double before = Processes.cpuSeconds(process.pid());
                double serverBefore = Processes.treeCpuSeconds(server);
                long began = System.nanoTime();
                Ticks.Written written = ticks.write(Duration.ofSeconds(seconds));
                double took = (System.nanoTime() - began) / 1e9;
                double cpu = (Processes.cpuSeconds(process.pid()) - before) / took;
                double serverCpu = (Processes.treeCpuSeconds(server) - serverBefore) / took;
                List<@Nullable String> brought = database.rows("SELECT b.brought, extract(epoch FROM b.ended_at) * 1e6"
                                + " FROM (" + beside.brought + ") AS b (brought, ended_at)")
                        .get(0);
                database.run(beside.end);
                drained(database);
                if (brought.get(1) != null) {
                    // Measured beside nothing from then on.
                    throw new IllegalStateException(beside.title + ": it ended before " + seconds
                            + " s were over: take more --rows, or fewer --seconds");
                }
                double perSecond = Double.parseDouble(String.valueOf(brought.get(0))) / took;
                return live(stream, ticks, written, perSecond, cpu, serverCpu);
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    private void prepare(TestDatabase database, Beside beside) {
        switch (beside) {
            case NOTHING -> {
                // Only what is live.
            }
            case LOAD -> {
                fill(database);
                database.run("SELECT leat.attach('big')");
            }
            case REPLAY -> {
                database.run("SELECT leat.attach('big')");
                fill(database);
                // As if a poller with --retain had published them.
                database.run("INSERT INTO leat_internal.sent SELECT * FROM leat_internal.outbox;"
                        + " TRUNCATE leat_internal.outbox");
                database.superuser("CHECKPOINT");
            }
        }
    }

    private static Live live(
            TestStream stream, Ticks ticks, Ticks.Written written, double perSecond, double cpu, double serverCpu) {
        BitSet seen = new BitSet();
        double[] millis = stream.local().records(TestStream.NAME).stream()
                .filter(record -> record.partitionKey().startsWith("public.item."))
                .mapToDouble(record -> {
                    int tick = number(TICK, record);
                    seen.set(tick);
                    return tick < written.first()
                            ? Double.NaN
                            : record.arrivedAt().toEpochMilli() + 0.5 - ticks.committed(tick) / 1e3;
                })
                .filter(latency -> !Double.isNaN(latency))
                .toArray();
        Arrays.sort(millis);
        return new Live(millis, written.end() - seen.cardinality(), perSecond, cpu, serverCpu);
    }

    private static int number(Pattern pattern, KeptRecord record) {
        Matcher matcher = pattern.matcher(new String(record.data(), StandardCharsets.UTF_8));
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in a record of " + record.partitionKey());
        }
        return Integer.parseInt(matcher.group(1));
    }
}
