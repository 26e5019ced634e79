package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Records again and again how many lanes each poller holds. */
final class LaneWatch implements AutoCloseable {

    /** The same query as in {@code leat status}. */
    private static final String HELD = """
            SELECT a.application_name, count(*) FROM leat_internal.lane l
            JOIN pg_locks k ON k.locktype = 'transactionid' AND k.granted AND k.mode = 'ExclusiveLock'
                           AND k.transactionid = l.xmax
            JOIN pg_stat_activity a ON a.pid = k.pid AND a.application_name LIKE 'leat %' GROUP BY 1""";

    private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(25);

    private final Thread thread = new Thread(this::look, "lane-watch");
    private final TestDatabase database;
    private final List<Look> looks = new ArrayList<>();
    private volatile boolean closed;

    /** One look: when, by the monotonic clock, and the lanes of each poller by the name of its sessions. */
    private record Look(long at, Map<String, Integer> lanes) {}

    LaneWatch(TestDatabase database) {
        this.database = database;
        thread.start();
    }

    private void look() {
        try (Connection connection = database.server().superuser(database.name())) {
            while (!closed) {
                Map<String, Integer> lanes = new HashMap<>();
                for (var row : TestDatabase.rows(connection, HELD)) {
                    lanes.put(Objects.requireNonNull(row.get(0)), Integer.valueOf(Objects.requireNonNull(row.get(1))));
                }
                synchronized (looks) {
                    looks.add(new Look(System.nanoTime(), lanes));
                }
                LockSupport.parkNanos(EVERY);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lanes held on average by each poller that held any between the two times. */
    Map<String, Double> average(long from, long to) {
        Map<String, Double> average = new HashMap<>();
        synchronized (looks) {
            List<Look> within = looks.stream()
                    .filter(look -> look.at - from >= 0 && look.at - to <= 0)
                    .toList();
            within.forEach(look -> look.lanes.forEach(
                    (poller, lanes) -> average.merge(poller, (double) lanes / within.size(), Double::sum)));
        }
        return average;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
