package dev.leat.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One way to capture a table's changes, with its own schema and session, and the work of the writers. Every change adds 1 to a row's
 * {@code v}. So the captured changes can be checked: each change once, and those of each key in order.
 */
final class CaptureSide implements AutoCloseable {

    /** How the tables of a side are attached; null if they are not. */
    enum Way {
        NONE("no trigger", null),
        ROW("row", ""),
        ROW_NO_BEFORE("row, no old image", ", before => false"),
        STATEMENT("statement", ", capture => 'statement'"),
        STATEMENT_NO_BEFORE("statement, no old image", ", before => false, capture => 'statement'"),
        CALL("a call of 15 ms in the trigger", null);

        final String said;
        private final @Nullable String options;

        Way(String said, @Nullable String options) {
            this.said = said;
            this.options = options;
        }

        boolean captures() {
            return options != null;
        }
    }

    /** The measurements of a slice: the number of changes, the seconds, and the CPU-seconds of the session. */
    record Slice(long changes, double seconds, double cpuSeconds) {

        double perSecond() {
            return changes / seconds;
        }

        double microsPerChange() {
            return seconds * 1e6 / changes;
        }

        double cpuMicrosPerChange() {
            return cpuSeconds * 1e6 / changes;
        }
    }

    private static final int ROWS = 10_000;

    /** How often the work is done before the measurement: after the outbox was emptied, a session makes new plans. */
    private static final int WARM_UP = 50;

    private static final String COLUMNS =
            "(id int PRIMARY KEY, v bigint, customer_id int, a text, b text, c numeric, d timestamptz, e text, f boolean, g date)";
    private static final String ROW =
            "n, 0, n % 1000, 'some text', md5(n::text), n * 1.5, now(), '4111 1111', true, current_date";

    private final Way way;
    private final Connection connection;
    private final String schema;
    private final Path processorTime;
    private final SplittableRandom random = new SplittableRandom(1);

    CaptureSide(Way way, Connection connection) throws SQLException {
        this.way = way;
        this.connection = connection;
        this.schema = "side_" + way.ordinal();
        run("CREATE SCHEMA " + schema);
        run("SET search_path = " + schema);
        for (String table : new String[] {"single", "bulk", "accounts", "tellers", "branches"}) {
            run("CREATE TABLE " + table + " " + COLUMNS + " WITH (fillfactor = 80)");
        }
        run(
                "CREATE TABLE history (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v bigint, tid int, bid int, aid int, at timestamptz)");
        run("INSERT INTO single SELECT " + ROW + " FROM generate_series(1, " + ROWS + ") AS n");
        run("INSERT INTO accounts SELECT " + ROW + " FROM generate_series(1, " + ROWS + ") AS n");
        run("INSERT INTO tellers SELECT " + ROW + " FROM generate_series(1, 10) AS n");
        run("INSERT INTO branches SELECT " + ROW + " FROM generate_series(1, 1) AS n");
        run("VACUUM ANALYZE single, accounts, tellers, branches");
        for (String table : new String[] {"single", "bulk", "accounts", "tellers", "branches", "history"}) {
            if (way.options != null) {
                run("SELECT leat.attach('" + schema + "." + table + "'" + way.options + ")");
            } else if (way == Way.CALL) {
                run("CREATE OR REPLACE FUNCTION call() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " PERFORM pg_sleep(0.015); RETURN NULL; END $$");
                run("CREATE TRIGGER call AFTER INSERT OR UPDATE OR DELETE ON " + table
                        + " FOR EACH ROW EXECUTE FUNCTION call()");
            }
        }
        try (Statement statement = connection.createStatement();
                ResultSet pid = statement.executeQuery("SELECT pg_backend_pid()")) {
            pid.next();
            processorTime = Path.of("/proc", pid.getString(1), "schedstat");
        }
    }

    Way way() {
        return way;
    }

    /** Updates of one row, each committed by itself. */
    Slice singleRows(Duration time) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE single SET v = v + 1 WHERE id = ?")) {
            return repeat(time, 1, () -> {
                update.setInt(1, 1 + random.nextInt(ROWS));
                update.executeUpdate();
            });
        }
    }

    /** Three updates, a query and an insert in one transaction, as TPC-B has them. */
    Slice transactions(Duration time) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement account = connection.prepareStatement("UPDATE accounts SET v = v + 1 WHERE id = ?");
                PreparedStatement balance = connection.prepareStatement("SELECT v FROM accounts WHERE id = ?");
                PreparedStatement teller = connection.prepareStatement("UPDATE tellers SET v = v + 1 WHERE id = ?");
                PreparedStatement branch = connection.prepareStatement("UPDATE branches SET v = v + 1 WHERE id = 1");
                PreparedStatement history = connection.prepareStatement(
                        "INSERT INTO history (v, tid, bid, aid, at) VALUES (1, ?, 1, ?, now())")) {
            return repeat(time, 4, () -> {
                int id = 1 + random.nextInt(ROWS);
                int tid = 1 + random.nextInt(10);
                account.setInt(1, id);
                account.executeUpdate();
                balance.setInt(1, id);
                balance.executeQuery().close();
                teller.setInt(1, tid);
                teller.executeUpdate();
                branch.executeUpdate();
                history.setInt(1, tid);
                history.setInt(2, id);
                history.executeUpdate();
                connection.commit();
            });
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** One statement that inserts so many rows. */
    Slice insert(int rows) throws SQLException {
        run("DELETE FROM bulk");
        clear();
        return timed(rows, () -> run("INSERT INTO bulk SELECT " + ROW + " FROM generate_series(1, " + rows + ") AS n"));
    }

    /** One statement that updates all that the last insert made. */
    Slice update(int rows) throws SQLException {
        run("VACUUM bulk");
        clear();
        return timed(rows, () -> run("UPDATE bulk SET v = v + 1"));
    }

    /** One statement that deletes them. */
    Slice delete(int rows) throws SQLException {
        clear();
        return timed(rows, () -> run("DELETE FROM bulk"));
    }

    private interface Work {
        void run() throws SQLException;
    }

    private Slice repeat(Duration time, int changes, Work work) throws SQLException {
        clear();
        for (int piece = 0; piece < WARM_UP; piece++) {
            work.run();
        }
        long done = 0;
        double cpu = cpu();
        long began = System.nanoTime();
        while (System.nanoTime() - began < time.toNanos()) {
            work.run();
            done += changes;
        }
        Slice slice = new Slice(done, (System.nanoTime() - began) / 1e9, cpu() - cpu);
        check(done + (long) changes * WARM_UP, 0);
        return slice;
    }

    private Slice timed(int rows, Work work) throws SQLException {
        double cpu = cpu();
        long began = System.nanoTime();
        work.run();
        Slice slice = new Slice(rows, (System.nanoTime() - began) / 1e9, cpu() - cpu);
        check(rows, rows);
        return slice;
    }

    /** Each change was captured once, and those of each key in order. */
    private void check(long changes, long keys) throws SQLException {
        if (!way.captures()) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("""
                        SELECT count(*), count(*) FILTER (WHERE v <> former + 1), count(*) FILTER (WHERE fault IS NOT NULL),
                               count(DISTINCT partition_key)
                        FROM (SELECT v, fault, partition_key, lag(v) OVER (PARTITION BY partition_key ORDER BY id) AS former
                              FROM (SELECT id, partition_key, fault, (coalesce(after, key) ->> 'v')::bigint AS v
                                    FROM leat_internal.outbox) AS events) AS steps""")) {
            found.next();
            if (found.getLong(1) != changes
                    || found.getLong(2) > 0
                    || found.getLong(3) > 0
                    || found.getLong(4) < keys) {
                throw new IllegalStateException(way.said + ": " + changes + " changes, " + found.getLong(1)
                        + " events, " + found.getLong(2) + " out of order, " + found.getLong(3) + " faulty");
            }
        }
    }

    private void clear() throws SQLException {
        run("TRUNCATE leat_internal.outbox");
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Seconds of processor time that the session's process has had. */
    private double cpu() {
        try {
            return Long.parseLong(Files.readString(processorTime).split(" ", 2)[0]) / 1e9;
        } catch (IOException e) {
            throw new UncheckedIOException("the server must run on this machine, under Linux", e);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
