package dev.leat.chaos;

import dev.leat.demo.RandomChoices;
import dev.leat.demo.Shop;
import dev.leat.demo.ShopTransactions;
import dev.leat.demo.Statements;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writers that keep the shop busy whatever happens to the database. They connect again, and continue when they do not know whether a commit
 * has succeeded. They use a few hot keys and many cold ones, rollbacks, savepoints, two-phase commits, changes of keys, statements of many
 * rows, truncates, and transactions that stay open.
 */
final class Writers implements AutoCloseable {

    /** What writers do to each other: deadlock, unique violation, a lock not had in time. */
    private static final Set<String> CONFLICTS = Set.of("40P01", "23505", "55P03");

    private static final int THREADS = 4;
    private static final int ROLLED_BACK_PERCENT = 8;

    private final DataSource database;
    private final Shop shop;
    private final TwoPhase twoPhase;
    private final int meanGapMillis;
    private final boolean databaseMayFail;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private volatile @Nullable SQLException failure;

    /**
     * @param database whose connections give up a lock after a while, because some transactions stay open
     * @param databaseMayFail whether anything but a conflict between writers is to be borne
     */
    Writers(Shop shop, DataSource database, int transactionsPerSecond, long seed, boolean databaseMayFail) {
        this.shop = shop;
        this.database = database;
        this.twoPhase = new TwoPhase("chaos-" + seed);
        this.meanGapMillis = Math.max(1, 1_000 * THREADS / transactionsPerSecond);
        this.databaseMayFail = databaseMayFail;
        for (int writer = 0; writer < THREADS; writer++) {
            RandomChoices choices = new RandomChoices(seed * 31 + writer);
            threads.add(new Thread(() -> write(choices), "chaos-writer-" + writer));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private void write(RandomChoices choices) {
        try {
            while (!stop.await(choices.below(50), TimeUnit.MILLISECONDS)) {
                try (Connection connection = database.getConnection()) {
                    writeOn(connection, choices);
                } catch (SQLException e) {
                    if (!databaseMayFail) {
                        failure = e;
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeOn(Connection connection, RandomChoices choices) throws SQLException, InterruptedException {
        connection.setAutoCommit(false);
        Statements statements = new Statements(connection);
        ShopTransactions transactions = new ShopTransactions(shop, statements, choices);
        while (!stop.await(choices.below(2 * meanGapMillis), TimeUnit.MILLISECONDS)) {
            try {
                transaction(connection, statements, transactions, choices);
            } catch (SQLException e) {
                connection.rollback();
                if (!CONFLICTS.contains(String.valueOf(e.getSQLState()))) {
                    throw e;
                }
            }
        }
    }

    private void transaction(
            Connection connection, Statements statements, ShopTransactions transactions, RandomChoices choices)
            throws SQLException, InterruptedException {
        if (choices.chance(30)) {
            twoPhase.end(connection, choices);
        }
        int drawn = choices.below(100);
        if (drawn < 15) {
            wantTheSame(statements, choices);
        } else if (drawn < 19) {
            sweep(statements, choices);
        } else if (drawn < 24) {
            tell(statements, choices);
        } else if (drawn < 29) {
            scribble(statements, choices);
        } else {
            transactions.any();
        }
        int end = choices.below(100);
        if (end < ROLLED_BACK_PERCENT) {
            connection.rollback();
        } else if (end < 16 && twoPhase.prepare(connection)) {
            return;
        } else {
            if (end < 19) {
                // Held events wait for this transaction, and so do the writers of its rows.
                stop.await(choices.below(2_500), TimeUnit.MILLISECONDS);
            }
            connection.commit();
        }
    }

    /** A key so hot that everybody waits for it, changed several times in one transaction. */
    private static void wantTheSame(Statements statements, RandomChoices choices) throws SQLException {
        int times = 1 + choices.below(4);
        String sku = "sku-" + (1 + choices.below(3));
        for (int i = 0; i < times; i++) {
            statements.run("UPDATE stock SET sold = sold + 1 WHERE sku = ?", sku);
        }
    }

    private static void sweep(Statements statements, RandomChoices choices) throws SQLException {
        int from = choices.below(400);
        statements.run(
                "WITH wanted AS (SELECT id FROM customers WHERE id >= ? ORDER BY id LIMIT 40 FOR UPDATE)"
                        + " UPDATE customers SET since = now() FROM wanted WHERE customers.id = wanted.id",
                from);
    }

    private static void scribble(Statements statements, RandomChoices choices) throws SQLException {
        statements.run(
                "INSERT INTO scratch (note) SELECT 'note ' || n FROM generate_series(1, ?) n", 1 + choices.below(5));
        statements.run("UPDATE scratch SET note = note || '.' WHERE id = (SELECT max(id) FROM scratch)");
        if (choices.chance(20)) {
            statements.run("TRUNCATE scratch");
            statements.run("INSERT INTO scratch (note) VALUES ('the first of a new page')");
        }
    }

    /** Domain events of a few topics; the lock orders those of one topic. */
    private static void tell(Statements statements, RandomChoices choices) throws SQLException {
        int topic = choices.below(5);
        statements.call("SELECT pg_advisory_xact_lock(?)", (long) topic);
        int times = 1 + choices.below(3);
        for (int i = 0; i < times; i++) {
            statements.call("SELECT truth.publish(?, 'Told', '{}')", "topic-" + topic);
        }
    }

    /** Ends every transaction that is still prepared in the database. Nobody writes any more. */
    static void endPrepared(DataSource database, RandomChoices choices) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            List<String> names = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(
                    "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid")) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            for (String name : names) {
                statement.execute((choices.chance(60) ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
            }
        }
    }

    /**
     * Ends quietly unless a writer has met what it need not bear.
     *
     * @throws SQLException what the database said to the writer
     */
    void check() throws SQLException {
        SQLException failed = failure;
        if (failed != null) {
            throw new SQLException(
                    "a writer failed though nothing had befallen its database: " + failed.getMessage(), failed);
        }
    }

    /** Lets every writer end its transaction. */
    @Override
    public void close() {
        stop.countDown();
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
