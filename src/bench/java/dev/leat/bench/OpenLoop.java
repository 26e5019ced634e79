package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * Writers that each send an update of one row at fixed times, even if the update before was late. So a delay counts for all updates that it
 * makes late.
 */
final class OpenLoop implements AutoCloseable {

    private static final int ROWS = 10_000;

    private final ExecutorService threads;
    private final List<Connection> connections = new ArrayList<>();
    private final long everyNanos;
    private final Random random = new Random(1);

    /**
     * Creates and attaches the tables.
     *
     * @param rate updates a second of all writers together
     */
    OpenLoop(TestDatabase database, int writers, int rate) {
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int, note text DEFAULT repeat('x', 200));"
                + " INSERT INTO public.orders SELECT n, 0 FROM generate_series(1, " + ROWS + ") n;"
                + " CREATE TABLE public.history (id int PRIMARY KEY, v int, note text DEFAULT repeat('x', 200));"
                + " SELECT leat.attach('public.orders'), leat.attach('public.history')");
        threads = Executors.newFixedThreadPool(writers);
        everyNanos = 1_000_000_000L * writers / rate;
        try {
            for (int writer = 0; writer < writers; writer++) {
                connections.add(database.owner().getConnection());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes for so long; returns how long each update took, in milliseconds, ascending. */
    double[] measure(Duration time) {
        long ends = System.nanoTime() + time.toNanos();
        List<CompletableFuture<double[]>> all = new ArrayList<>();
        for (Connection connection : connections) {
            long first = System.nanoTime() + Math.floorMod(random.nextLong(), everyNanos);
            Random rows = new Random(random.nextLong());
            all.add(CompletableFuture.supplyAsync(() -> write(connection, rows, first, ends), threads));
        }
        double[] times = all.stream()
                .map(CompletableFuture::join)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        Arrays.sort(times);
        return times;
    }

    private double[] write(Connection connection, Random rows, long first, long ends) {
        List<Double> millis = new ArrayList<>();
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE public.orders SET v = v + 1 WHERE id = ?")) {
            for (long due = first; due - ends < 0; due += everyNanos) {
                boolean late = System.nanoTime() - due >= 0;
                while (System.nanoTime() - due < 0) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                // If the thread was woken late, that is not time of the database.
                long began = late ? due : System.nanoTime();
                update.setInt(1, 1 + rows.nextInt(ROWS));
                update.executeUpdate();
                millis.add((System.nanoTime() - began) / 1e6);
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
