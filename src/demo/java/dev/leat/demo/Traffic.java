package dev.leat.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Writers that keep a {@link Shop} busy: mostly small transactions, some of which are rolled back. */
public final class Traffic implements AutoCloseable {

    private static final int ROLLED_BACK_PERCENT = 8;

    private final Shop shop;
    private final DataSource writers;
    private final Pace pace;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong rollbacks = new AtomicLong();
    private volatile @Nullable SQLException failure;

    /**
     * @param writers connects as a role that may write the shop's tables
     * @param changesPerSecond about how many changes all writers together commit
     * @param seed of the writers' random choices
     */
    public Traffic(Shop shop, DataSource writers, int threads, double changesPerSecond, long seed) {
        this.shop = shop;
        this.writers = writers;
        this.pace = new Pace(changesPerSecond, System::nanoTime);
        for (int writer = 0; writer < threads; writer++) {
            RandomChoices choices = new RandomChoices(seed * 31 + writer);
            this.threads.add(new Thread(() -> write(choices), "shop-writer-" + writer));
        }
    }

    public void start() {
        threads.forEach(Thread::start);
    }

    private void write(RandomChoices choices) {
        try (Connection connection = writers.getConnection()) {
            connection.setAutoCommit(false);
            ShopTransactions transactions = new ShopTransactions(shop, new Statements(connection), choices);
            long pause = 0;
            while (!stop.await(pause, TimeUnit.NANOSECONDS)) {
                pause = pace.account(transaction(connection, transactions, choices));
            }
        } catch (SQLException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int transaction(Connection connection, ShopTransactions transactions, RandomChoices choices)
            throws SQLException {
        try {
            int changes = transactions.any();
            if (choices.chance(ROLLED_BACK_PERCENT)) {
                connection.rollback();
                rollbacks.incrementAndGet();
                return 0;
            }
            connection.commit();
            return changes;
        } catch (SQLException e) {
            connection.rollback();
            rollbacks.incrementAndGet();
            String state = String.valueOf(e.getSQLState());
            // Writers cause each other deadlocks and unique violations. Any other error would be a fault of Leat or of
            // the demo.
            if (!state.equals("40P01") && !state.equals("23505")) {
                throw e;
            }
            return 1;
        }
    }

    /** Transactions that were rolled back, by intent or by a conflict between writers. */
    public long rollbacks() {
        return rollbacks.get();
    }

    /**
     * Does nothing unless a writer has failed.
     *
     * @throws SQLException with the database's error of that writer
     */
    public void check() throws SQLException {
        SQLException failed = failure;
        if (failed != null) {
            throw new SQLException("a writer of the shop failed: " + failed.getMessage(), failed);
        }
    }

    /** Returns when every writer has ended its transaction. */
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
