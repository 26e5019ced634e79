package dev.leat.faults;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** Changes the rows of {@code public.item} one after the other, and connects again whenever the database refuses it or is gone. */
final class PersistentWriter implements AutoCloseable {

    private static final long PAUSE_AFTER_FAILURE_MILLIS = 50;

    private final DataSource owner;
    private final int keys;
    private final Duration pause;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final Thread thread = new Thread(this::run, "persistent-writer");

    /** Begins at once. */
    PersistentWriter(DataSource owner, int keys, Duration pause) {
        this.owner = owner;
        this.keys = keys;
        this.pause = pause;
        thread.setDaemon(true);
        thread.start();
    }

    /** Changes whose commit was confirmed. */
    long written() {
        return written.get();
    }

    /** Attempts that failed. */
    long failed() {
        return failed.get();
    }

    private void run() {
        try {
            while (stop.getCount() > 0) {
                try {
                    write();
                } catch (SQLException e) {
                    failed.incrementAndGet();
                    stop.await(PAUSE_AFTER_FAILURE_MILLIS, TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() throws SQLException, InterruptedException {
        try (Connection connection = owner.getConnection();
                PreparedStatement change = connection.prepareStatement(
                        "INSERT INTO public.item VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body")) {
            while (!stop.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                long n = written.get();
                change.setInt(1, (int) (n % keys));
                change.setString(2, "change " + n);
                change.executeUpdate();
                written.incrementAndGet();
            }
        }
    }

    /** Ends after the change under way. */
    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
