package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Writers that each commit a transaction at fixed times, whether or not the one before came back late. Each transaction has a
 * number, which it writes into the {@code version} of its rows, so that an event tells which transaction it is of.
 */
final class Ticks implements AutoCloseable {

    private static final int MOST = 2_000_000;

    /** The row that a hot key is. */
    private static final int HOT = 1;

    private final Load load;
    private final ExecutorService threads;
    private final List<Connection> connections = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final long[] committed = new long[MOST];
    private final int[] firstRow = new int[MOST];
    private final Random random = new Random(1);

    /**
     * What is written.
     *
     * @param rate rows a second of all writers together
     * @param rows of each transaction
     * @param writers that share the rate, each with rows of its own
     * @param hot the share of transactions that change one and the same row; for one writer of single rows
     * @param keys how many rows are changed at all, the first of the table
     */
    record Load(int rate, int rows, int writers, double hot, int keys) {

        /** That rate, by transactions of so many rows that there are at most 500 a second. */
        static Load of(int rate) {
            int rows = Math.max(1, (rate + 499) / 500);
            return new Load(rate, rows, rate <= 200 ? 1 : 2, 0, Backlog.KEYS);
        }

        long everyNanos() {
            return 1_000_000_000L * writers * rows / rate;
        }
    }

    /** Writes to the rows of a {@link Backlog}. */
    Ticks(TestDatabase database, Load load) {
        this.load = load;
        threads = Executors.newFixedThreadPool(load.writers());
        Properties properties = new Properties();
        properties.setProperty("user", dev.leat.testkit.TestServer.OWNER);
        properties.setProperty("password", dev.leat.testkit.TestServer.password());
        properties.setProperty("ApplicationName", Usage.INSTRUMENT);
        try {
            for (int writer = 0; writer < load.writers(); writer++) {
                Connection connection = java.sql.DriverManager.getConnection(database.url(), properties);
                connection.setAutoCommit(false);
                connections.add(connection);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What was written in a time.
     *
     * @param first number of the first transaction
     * @param end number after the last one
     * @param millis that the transactions took from when each was due to the answer to its commit, ascending
     * @param wall seconds
     */
    record Written(int first, int end, double[] millis, double wall) {

        double transactionsPerSecond() {
            return (end - first) / wall;
        }
    }

    /** Writes for so long. */
    Written write(Duration time) {
        int first = next.get();
        long began = System.nanoTime();
        long ends = began + time.toNanos();
        List<CompletableFuture<double[]>> all = new ArrayList<>();
        for (int writer = 0; writer < connections.size(); writer++) {
            long due = began + load.everyNanos() * writer / connections.size();
            Random rows = new Random(random.nextLong());
            Connection connection = connections.get(writer);
            int least = 1 + writer * load.keys() / connections.size();
            all.add(CompletableFuture.supplyAsync(() -> write(connection, rows, least, due, ends), threads));
        }
        double[] millis = all.stream()
                .map(CompletableFuture::join)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        Arrays.sort(millis);
        return new Written(first, next.get(), millis, (System.nanoTime() - began) / 1e9);
    }

    /** When a transaction was committed, in microseconds since the epoch; of one that began late, by as much earlier. */
    long committed(int tick) {
        return committed[tick];
    }

    /** Rows written so far. */
    int rows() {
        return next.get() * load.rows();
    }

    /** The changes written so far, as a {@link Source#LOG} numbers them. */
    BitSet numbers() {
        BitSet numbers = new BitSet();
        for (int tick = 0; tick < next.get(); tick++) {
            int number = Source.number(tick, firstRow[tick]);
            numbers.set(number, number + load.rows());
        }
        return numbers;
    }

    private double[] write(Connection connection, Random rows, int least, long first, long ends) {
        List<Double> millis = new ArrayList<>();
        int most = least + load.keys() / connections.size() - load.rows();
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE item SET version = ? WHERE id BETWEEN ? AND ?")) {
            for (long due = first; due - ends < 0; due += load.everyNanos()) {
                long lateNanos = Math.max(0, System.nanoTime() - due);
                while (System.nanoTime() - due < 0) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                int tick = next.getAndIncrement();
                int row = rows.nextDouble() < load.hot() ? HOT : least + rows.nextInt(most - least + 1);
                firstRow[tick] = row;
                long began = System.nanoTime();
                update.setInt(1, tick);
                update.setInt(2, row);
                update.setInt(3, row + load.rows() - 1);
                if (update.executeUpdate() != load.rows()) {
                    throw new IllegalStateException("not " + load.rows() + " rows from " + row);
                }
                Instant now = Instant.now();
                committed[tick] =
                        TimeUnit.SECONDS.toMicros(now.getEpochSecond()) + now.getNano() / 1_000 - lateNanos / 1_000;
                connection.commit();
                millis.add((System.nanoTime() - began + lateNanos) / 1e6);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return millis.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        for (Connection connection : connections) {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
