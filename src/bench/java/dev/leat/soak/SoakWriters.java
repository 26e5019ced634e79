package dev.leat.soak;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Writers of a table with a limited number of keys, so that only a fault can make the memory or the disk space of a run grow: updates of
 * a few hot and many cold rows, rows that are deleted and inserted again, several rows at once, and rollbacks.
 */
final class SoakWriters implements AutoCloseable {

    private static final int WRITERS = 4;
    private static final int ROWS = 10_000;
    private static final int HOT = 20;

    private final DataSource owner;
    private final long pauseNanos;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private volatile @Nullable SQLException failure;

    /**
     * @param owner of the database; schema {@code truth} is installed
     * @param transactionsPerSecond of all writers together; a transaction makes about two changes
     */
    SoakWriters(DataSource owner, int transactionsPerSecond, long seed) throws SQLException {
        this.owner = owner;
        this.pauseNanos = TimeUnit.SECONDS.toNanos(WRITERS) / transactionsPerSecond;
        try (Connection connection = owner.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE item (id int PRIMARY KEY, note text)");
            statement.execute("SELECT truth.watch('item', '{id}', '{id}')");
            statement.execute("SELECT leat.attach('item')");
            statement.execute("INSERT INTO item SELECT n, 'new' FROM generate_series(1, " + ROWS + ") n");
        }
        for (int writer = 0; writer < WRITERS; writer++) {
            Random random = new Random(seed * 31 + writer);
            threads.add(new Thread(() -> write(random), "soak-writer-" + writer));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private void write(Random random) {
        try (Connection connection = owner.getConnection();
                PreparedStatement update =
                        connection.prepareStatement("UPDATE item SET note = repeat(chr(97 + ?), 20 + ?) WHERE id = ?");
                PreparedStatement several = connection.prepareStatement(
                        "WITH wanted AS (SELECT id FROM item WHERE id BETWEEN ? AND ? ORDER BY id FOR UPDATE)"
                                + " UPDATE item SET note = 'several' FROM wanted WHERE item.id = wanted.id");
                PreparedStatement delete = connection.prepareStatement("DELETE FROM item WHERE id = ?");
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO item VALUES (?, 'back') ON CONFLICT (id) DO UPDATE SET note = 'met'")) {
            connection.setAutoCommit(false);
            while (!stop.await(pauseNanos, TimeUnit.NANOSECONDS)) {
                int id = 1 + random.nextInt(random.nextInt(5) == 0 ? HOT : ROWS);
                int drawn = random.nextInt(100);
                if (drawn < 70) {
                    update.setInt(1, random.nextInt(26));
                    update.setInt(2, random.nextInt(200));
                    update.setInt(3, id);
                    update.executeUpdate();
                } else if (drawn < 85) {
                    several.setInt(1, id);
                    several.setInt(2, id + random.nextInt(8));
                    several.executeUpdate();
                } else if (drawn < 90) {
                    delete.setInt(1, id);
                    delete.executeUpdate();
                } else {
                    insert.setInt(1, id);
                    insert.executeUpdate();
                }
                if (random.nextInt(12) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        } catch (SQLException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the writers; fails if one of them met an error. */
    void finish() throws SQLException, InterruptedException {
        close();
        for (Thread thread : threads) {
            thread.join();
        }
        SQLException failed = failure;
        if (failed != null) {
            throw new SQLException("a writer failed: " + failed.getMessage(), failed);
        }
    }

    @Override
    public void close() {
        stop.countDown();
    }
}
