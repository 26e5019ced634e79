package dev.leat.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * An application that writes without pause to tables of the form {@code (id int PRIMARY KEY, v int)}, and fails if it has to wait. Each
 * transaction uses only rows of its own thread, so that writers never wait for each other.
 */
public final class Writers implements AutoCloseable {

    /** As {@code pg_stat_activity} shows their sessions. */
    public static final String APPLICATION = "the application";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Thread> threads = new ArrayList<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong written = new AtomicLong();
    private final TestDatabase database;
    private volatile boolean stopping;

    /**
     * Begins to write.
     *
     * @param lockTimeout how long a statement may wait for a lock before it fails
     * @param tables each transaction writes to all of them, in this order
     */
    public Writers(TestDatabase database, int count, Duration lockTimeout, String... tables) {
        this.database = database;
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        System.out.println("Writers: -Dleat.test.seed=" + seed);
        for (int number = 0; number < count; number++) {
            Random random = new Random(seed + number);
            int first = number * 1000;
            Thread thread = new Thread(() -> write(random, first, lockTimeout, tables), "writer-" + number);
            threads.add(thread);
            thread.start();
        }
    }

    /** The role that owns the tables, under the writers' name. */
    private PGSimpleDataSource source() {
        PGSimpleDataSource source = database.owner();
        source.setApplicationName(APPLICATION);
        return source;
    }

    private void write(Random random, int first, Duration lockTimeout, String... tables) {
        try (Connection connection = source().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + lockTimeout.toMillis() + "; SET statement_timeout = '30s'");
            connection.setAutoCommit(false);
            while (!stopping) {
                for (String table : tables) {
                    statement.execute(change(table, random.nextInt(3), first + random.nextInt(20)));
                }
                connection.commit();
                written.incrementAndGet();
            }
        } catch (SQLException e) {
            failures.add(e.getSQLState() + " " + e.getMessage());
        }
    }

    private static String change(String table, int kind, int id) {
        return switch (kind) {
            case 0 ->
                "INSERT INTO %s VALUES (%s, 0) ON CONFLICT (id) DO UPDATE SET v = %1$s.v + 1".formatted(table, id);
            case 1 -> "UPDATE %s SET v = v + 1 WHERE id = %s".formatted(table, id);
            default -> "DELETE FROM %s WHERE id = %s".formatted(table, id);
        };
    }

    /** How many transactions have been committed. */
    public long written() {
        return written.get();
    }

    /** What ended a writer, with the SQLSTATE. */
    public List<String> failures() {
        return List.copyOf(failures);
    }

    /** Returns when so many more transactions have been committed, or a writer has failed. */
    public void awaitMore(int transactions) {
        long enough = written() + transactions;
        Await.until(transactions + " transactions more", PATIENCE, () -> written() >= enough || !failures.isEmpty());
    }

    /** How many of them wait, now, for a lock that a session of another application has or waits for. */
    public int waitingForOthers() {
        String waiting = database.value("""
                SELECT count(*) FROM pg_stat_activity w
                WHERE w.application_name = '%1$s' AND w.datname = current_database() AND EXISTS (
                    SELECT FROM unnest(pg_blocking_pids(w.pid)) AS b (pid)
                    LEFT JOIN pg_stat_activity o ON o.pid = b.pid
                    WHERE o.application_name IS DISTINCT FROM '%1$s')""".formatted(APPLICATION));
        return Integer.parseInt(String.valueOf(waiting));
    }

    /** Ends them after the transaction that each is at. */
    @Override
    public void close() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join(PATIENCE.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
