package dev.leat.bench;

import dev.leat.testkit.Await;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import picocli.CommandLine;

/**
 * What thousands of attached tables cost: an ALTER TABLE with and without Leat in turns, leat.refresh() when nothing, one and all of them have
 * changed, a poller with nothing to do, also while other DDL changes the catalog, and a migration over the tables of all tenants.
 */
@CommandLine.Command(name = "many-tables", mixinStandardHelpOptions = true)
public final class ManyTablesBench implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @CommandLine.Option(names = "--tables", defaultValue = "2000", description = "Attached tables, of ten columns.")
    private int tables;

    @CommandLine.Option(names = "--alters", defaultValue = "40", description = "ALTER TABLEs of each side.")
    private int alters;

    @CommandLine.Option(names = "--warm-up", defaultValue = "30", description = "Seconds that a poller is given first.")
    private int warmUp;

    @CommandLine.Option(
            names = "--seconds",
            defaultValue = "40",
            description = "For which a poller with nothing to do is watched.")
    private int seconds;

    public static void main(String[] args) {
        System.exit(new CommandLine(new ManyTablesBench()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        try (OwnServer server = OwnServer.create(Map.of("max_locks_per_transaction", "512"));
                TestDatabase database = server.database();
                TestStream stream = new TestStream(1);
                Session session = new Session(database.owner().getConnection())) {
            session.run("SET application_name = '" + Usage.INSTRUMENT + "'; SET client_min_messages = error");
            System.out.println(
                    "PostgreSQL " + server.server().value("SHOW server_version") + ", " + tables + " tables");
            tables(session, "attached");
            tables(session, "other");
            try (Running poller = new Running(database, stream)) {
                poller.idle("a poller, no table attached", () -> {});
            }
            report("attach, each", attach(session), tables);
            report("first leat.refresh(), each", took(session, "SELECT leat.refresh()"), tables);
            report("leat.refresh(), nothing changed", took(session, "SELECT leat.refresh()"), 1);
            report("leat.attached()", took(session, "SELECT count(*) FROM leat.attached()"), 1);
            session.run("ALTER TABLE attached_1 ADD one int");
            report("leat.refresh(), one changed", took(session, "SELECT leat.refresh()"), 1);
            report("leat.refresh(), once more for that one", took(session, "SELECT leat.refresh()"), 1);
            try (Running poller = new Running(database, stream)) {
                poller.idle("a poller, " + tables + " attached", () -> {});
                poller.idle("the same beside temporary tables with keys, and ANALYZE", () -> {
                    session.run(
                            "CREATE TEMP TABLE work (id serial PRIMARY KEY, a text NOT NULL); DROP TABLE work; ANALYZE other_1");
                });
                alter(session);
                noticed(session);
                migrate(session, poller);
            }
        }
        return 0;
    }

    private void tables(Session session, String name) {
        for (int n = 1; n <= tables; n++) {
            session.run("CREATE TABLE " + name + "_" + n
                    + " (id bigint PRIMARY KEY, a text, b int NOT NULL, c timestamptz, d numeric,"
                    + " e text, f text, g jsonb, h date, i int)");
        }
        session.run("ANALYZE");
    }

    /** Wall and CPU milliseconds of the session's backend. */
    private record Took(double wall, double cpu) {}

    private static Took took(Session session, String sql) {
        long backend = Long.parseLong(String.valueOf(session.value("SELECT pg_backend_pid()")));
        double cpu = Processes.threadCpuMillis(backend);
        long began = System.nanoTime();
        session.run(sql);
        return new Took((System.nanoTime() - began) / 1e6, Processes.threadCpuMillis(backend) - cpu);
    }

    private static void report(String what, Took took, int each) {
        System.out.printf("| %s | %,.1f ms | %,.1f ms |%n", what, took.wall() / each, took.cpu() / each);
    }

    private Took attach(Session session) {
        double wall = 0;
        double cpu = 0;
        for (int n = 1; n <= tables; n++) {
            Took one = took(session, "SELECT leat.attach('public.attached_" + n + "')");
            wall += one.wall();
            cpu += one.cpu();
        }
        return new Took(wall, cpu);
    }

    /** With and without Leat in turns, a poller beside both. */
    private void alter(Session session) {
        List<Took> attached = new ArrayList<>();
        List<Took> other = new ArrayList<>();
        for (int n = 1; n <= alters; n++) {
            other.add(took(session, "ALTER TABLE other_" + n + " ADD more int"));
            attached.add(took(session, "ALTER TABLE attached_" + n + " ADD more int"));
        }
        report("ALTER TABLE of one that is not attached, median", median(other), 1);
        report("ALTER TABLE of an attached one, median", median(attached), 1);
        current(session);
    }

    private static Took median(List<Took> all) {
        return new Took(Quantiles.median(all, Took::wall), Quantiles.median(all, Took::cpu));
    }

    /** How long after its ALTER TABLE a table is up to date again. */
    private void noticed(Session session) {
        double[] after = new double[7];
        for (int n = 0; n < after.length; n++) {
            String former = source(session, n + 1);
            session.run("ALTER TABLE attached_" + (n + 1) + " ADD noticed int");
            long began = System.nanoTime();
            int attachment = n + 1;
            Await.until(
                    "the function to be rewritten",
                    PATIENCE,
                    () -> !source(session, attachment).equals(former));
            after[n] = (System.nanoTime() - began) / 1e9;
            current(session);
        }
        Arrays.sort(after);
        System.out.printf("an ALTER TABLE is noticed after %.2f s (%.2f to %.2f)%n", after[3], after[0], after[6]);
    }

    private static String source(Session session, int attachment) {
        return String.valueOf(
                session.value("SELECT md5(prosrc) FROM pg_proc WHERE proname = 'capture_" + attachment + "'"));
    }

    /** Waits until the poller has nothing left to do. */
    private static void current(Session session) {
        // Twice a second: the question costs as much as a poller's own.
        Await.until("every table to be looked at", PATIENCE, () -> {
            session.run("SELECT pg_sleep(0.5)");
            return "0"
                    .equals(
                            session.value(
                                    "SELECT count(*) FROM leat_internal.fingerprints() f LEFT JOIN leat_internal.attachment_state s"
                                            + " ON s.attachment = f.attachment AND s.fingerprint = f.fingerprint WHERE s.attachment IS NULL"));
        });
    }

    private void migrate(Session session, Running poller) {
        double other = migration(session, n -> "ALTER TABLE other_" + n + " ADD migrated int");
        Usage before = poller.usage();
        double attached = migration(session, n -> "ALTER TABLE attached_" + n + " ADD migrated int");
        current(session);
        Usage used = poller.usage().since(before);
        System.out.printf(
                "a migration over %d tables: %.1f s not attached, %.1f s attached; all up to date after %.1f s, for %.1f s of the poller's"
                        + " sessions and %.1f s of the poller%n",
                tables, other, attached, used.wall(), used.sessions(), used.pollers());
    }

    private double migration(Session session, IntFunction<String> statement) {
        long began = System.nanoTime();
        for (int n = 1; n <= tables; n++) {
            session.run(statement.apply(n));
        }
        return (System.nanoTime() - began) / 1e9;
    }

    /** A poller of the packaged jar. */
    private final class Running implements AutoCloseable {

        private final TestDatabase database;
        private final Process process;
        private final long server;

        Running(TestDatabase database, TestStream stream) throws SQLException {
            this.database = database;
            this.process = Contender.leat("leat").start(database, stream);
            try (Session session = new Session(database.owner().getConnection())) {
                long backend = Long.parseLong(String.valueOf(session.value("SELECT pg_backend_pid()")));
                this.server = ProcessHandle.of(backend)
                        .flatMap(ProcessHandle::parent)
                        .orElseThrow()
                        .pid();
            }
            rest(warmUp, () -> {});
        }

        Usage usage() {
            return Usage.now(List.of(process), database, server);
        }

        void idle(String what, Runnable beside) {
            Usage before = usage();
            rest(seconds, beside);
            Usage used = usage().since(before);
            System.out.printf(
                    "| %s | %.2f %% of a core | its sessions %.2f %% | all of PostgreSQL %.2f %% |%n",
                    what, used.percent(used.pollers()), used.percent(used.sessions()), used.percent(used.server()));
        }

        private void rest(int howLong, Runnable beside) {
            long ends = System.nanoTime() + Duration.ofSeconds(howLong).toNanos();
            Await.until("the time to pass", Duration.ofSeconds(howLong + 60L), () -> {
                beside.run();
                return System.nanoTime() - ends >= 0;
            });
        }

        @Override
        public void close() {
            process.destroy();
            process.onExit().join();
        }
    }
}
