package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.LongSupplier;

/**
 * Stores the lows of lanes in their rows, for pollers that start later. It writes a lane's row at most every ten seconds: each write
 * leaves a dead row version, and a low is there to avoid reading dead rows.
 */
final class LaneLows {

    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final String STORE = "SELECT leat_poller.note_lows(?, ?)";

    private final LaneMemory memory;
    private final LongSupplier nanoTime;
    private final long[] storedAt = new long[Lanes.COUNT];

    LaneLows(LaneMemory memory, LongSupplier nanoTime) {
        this.memory = memory;
        this.nanoTime = nanoTime;
        Arrays.fill(storedAt, nanoTime.getAsLong());
    }

    /**
     * Stores the lows that are due of these lanes. A lane that another session holds is left out. Returns whether it wrote anything.
     */
    boolean store(Connection connection, Collection<Integer> lanes) throws SQLException {
        long now = nanoTime.getAsLong();
        Integer[] due = lanes.stream()
                .filter(lane -> now - storedAt[lane] >= INTERVAL.toNanos() && memory.unstored(lane) > 0)
                .toArray(Integer[]::new);
        if (due.length == 0) {
            return false;
        }
        Long[] lows = new Long[due.length];
        for (int i = 0; i < due.length; i++) {
            lows[i] = memory.low(due[i]);
            storedAt[due[i]] = now;
            memory.stored(due[i], lows[i]);
        }
        try (PreparedStatement statement = connection.prepareStatement(STORE)) {
            statement.setArray(1, connection.createArrayOf("int2", due));
            statement.setArray(2, connection.createArrayOf("int8", lows));
            statement.execute();
        }
        return true;
    }
}
