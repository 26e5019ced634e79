package dev.leat.claim;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * What one poller knows of the lanes, shared by its workers: how far each is known to be empty below, and whether all were
 * seen drained. Knowledge, not authority: an entry is a lower bound that stays true whatever other pollers do, and forgetting
 * it costs only time.
 */
final class LaneBook {

    static final int LANES = 64;

    private final long[] low = new long[LANES];
    private final long[] storedLow = new long[LANES];
    private final long[] drainedAt = new long[LANES];
    private final boolean[] full = new boolean[LANES];
    private int next;

    /**
     * @param start the lane to begin with; different for each poller, so that they do not ask for the same lanes
     */
    LaneBook(int start) {
        next = Math.floorMod(start, LANES);
        forget();
    }

    /** Back to knowing nothing: after a lost connection the database may be another one. */
    synchronized void forget() {
        Arrays.fill(low, 0);
        Arrays.fill(storedLow, 0);
        Arrays.fill(drainedAt, -1);
        Arrays.fill(full, false);
    }

    /** The lane to ask for first, now; the turn passes on by as many lanes as are asked for. */
    synchronized int turn(int lanes) {
        int start = next;
        next = (next + lanes) % LANES;
        return start;
    }

    /**
     * How many events to read of each lane, so that the lanes with a backlog make up a batch together.
     *
     * @param lanes how many lanes are held
     */
    synchronized int limit(int batch, int lanes) {
        int even = Math.max(1, batch / Math.max(1, lanes));
        int backlogged = 0;
        for (boolean more : full) {
            backlogged += more ? 1 : 0;
        }
        int expected = Math.max(1, Math.min(lanes, backlogged * lanes / LANES));
        return backlogged == 0 ? even : Math.min(Math.max(even, batch / expected), 4 * even);
    }

    /** No unsettled event of the lane has an id up to this. */
    synchronized long low(int lane, long stored) {
        storedLow[lane] = stored;
        low[lane] = Math.max(low[lane], stored);
        return low[lane];
    }

    /** The lane's low as known here. */
    synchronized long low(int lane) {
        return low[lane];
    }

    /** How far the lane's low, as known here, is ahead of the one in its row. */
    synchronized long unstored(int lane) {
        return low[lane] - storedLow[lane];
    }

    /**
     * Takes in a committed claim of a lane.
     *
     * @param drawn the highest id drawn when the claim began
     * @param proven the watermark then
     * @param lastRead the last id read, if the lane held more than was read
     * @param firstLeft the first id that was read and stays in the outbox
     */
    synchronized void settled(int lane, long drawn, long proven, OptionalLong lastRead, OptionalLong firstLeft) {
        long reached = proven;
        if (lastRead.isPresent()) {
            reached = Math.min(reached, lastRead.getAsLong());
        }
        if (firstLeft.isPresent()) {
            reached = Math.min(reached, firstLeft.getAsLong() - 1);
        }
        low[lane] = Math.max(low[lane], reached);
        full[lane] = lastRead.isPresent();
        boolean drained = proven >= drawn && lastRead.isEmpty() && firstLeft.isEmpty();
        drainedAt[lane] = drained ? drawn : -1;
    }

    /** The lane's events were not looked at this time, and something waits there. */
    synchronized void unread(int lane) {
        full[lane] = true;
        drainedAt[lane] = -1;
    }

    /** Whether every lane was seen empty when the sequence stood there. */
    synchronized boolean drained(long drawn) {
        for (long seen : drainedAt) {
            if (seen < drawn) {
                return false;
            }
        }
        return true;
    }
}
