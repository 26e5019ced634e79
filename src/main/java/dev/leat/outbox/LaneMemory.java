package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one poller knows of the lanes, shared by its workers: how far each is known to be empty below, and whether all were
 * seen drained. Knowledge, not authority: an entry is a lower bound that stays true whatever other pollers do, and forgetting
 * it costs only time.
 */
final class LaneMemory {

    /** Claims that expect large events after one was met: what is read in vain then is a small part of what is read. */
    private static final int WEIGHED_AFTER_LARGE = 16;

    /** A lane is never read in smaller bites than this. */
    private static final int LEAST = 16;

    /** More lanes than these are not behind for their keys' sake. */
    private static final int MOST_SLOW = Lanes.COUNT / 8;

    private final long[] low = new long[Lanes.COUNT];
    private final long[] storedLow = new long[Lanes.COUNT];
    private final long[] drainedAt = new long[Lanes.COUNT];
    private final boolean[] full = new boolean[Lanes.COUNT];
    private final int[] readAtMost = new int[Lanes.COUNT];
    private final int[] passedOver = new int[Lanes.COUNT];
    private long slow;
    private int next;
    private int weighing;
    private long generation;
    private ClaimStart.@Nullable ServerHistory server;

    /**
     * @param start the lane to begin with; different for each poller, so that they do not ask for the same lanes
     */
    LaneMemory(int start) {
        next = Math.floorMod(start, Lanes.COUNT);
        forget();
    }

    /** Back to knowing nothing: after a lost connection the database may be another one. */
    synchronized void forget() {
        generation++;
        Arrays.fill(low, 0);
        Arrays.fill(storedLow, 0);
        Arrays.fill(drainedAt, -1);
        Arrays.fill(full, false);
        Arrays.fill(readAtMost, Integer.MAX_VALUE);
        slow = 0;
    }

    /**
     * Rises with each {@link #forget}. What was learned before must not be taken in after: the database may not have it any
     * more.
     */
    synchronized long generation() {
        return generation;
    }

    /**
     * Which server answers. Another one, or the same after a crash, may know less than what was read of it before, and where a
     * pool or a pooler stands between, no lost connection tells of that. In another history ids mean other events.
     */
    synchronized void server(ClaimStart.ServerHistory answering) {
        if (!answering.equals(server)) {
            server = answering;
            forget();
        }
    }

    /** The place of the lane to ask for first, now; the turn passes on by as many lanes as are asked for. */
    synchronized int turn(int lanes) {
        int start = next;
        next = (next + lanes) % Lanes.COUNT;
        return start;
    }

    /**
     * How many events to read of a lane, so that the lanes with a backlog make up a batch together, and a lane of a few hot
     * keys is not read far beyond what one pass can deliver of it.
     *
     * @param lanes how many lanes are held
     */
    synchronized int limit(int lane, int batch, int lanes) {
        int even = Math.max(1, batch / Math.max(1, lanes));
        int backlogged = 0;
        for (boolean more : full) {
            backlogged += more ? 1 : 0;
        }
        int expected = Math.max(1, Math.min(lanes, backlogged * lanes / Lanes.COUNT));
        int share = backlogged == 0 ? even : Math.min(Math.max(even, batch / expected), 4 * even);
        return Math.min(share, readAtMost[lane]);
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
     * What a committed claim has made of a lane.
     *
     * @param read how many events were read
     * @param cutAt the last id read, if the lane held more than was read
     * @param left how many of them stay in the outbox
     * @param firstLeft the lowest id of those
     */
    record Settled(int read, OptionalLong cutAt, int left, OptionalLong firstLeft) {}

    /**
     * Takes in a committed claim of a lane, unless all was forgotten since it began.
     *
     * @param begun the generation then
     * @param drawn the highest id drawn when the claim began
     * @param proven the watermark then
     */
    synchronized void settled(long begun, int lane, long drawn, long proven, Settled settled) {
        if (begun != generation) {
            return;
        }
        long reached = proven;
        if (settled.cutAt().isPresent()) {
            reached = Math.min(reached, settled.cutAt().getAsLong());
        }
        if (settled.firstLeft().isPresent()) {
            reached = Math.min(reached, settled.firstLeft().getAsLong() - 1);
        }
        low[lane] = Math.max(low[lane], reached);
        full[lane] = settled.cutAt().isPresent() || settled.left() > 0;
        slow = settled.left() > 0 ? slow | 1L << lane : slow & ~(1L << lane);
        readAtMost[lane] =
                settled.left() == 0 ? Integer.MAX_VALUE : Math.max(LEAST, 2 * (settled.read() - settled.left()));
        drainedAt[lane] = proven >= drawn && !full[lane] ? drawn : -1;
    }

    /**
     * The few lanes of which the last pass delivered less than was read, as where one key has most of the events; a bit for
     * each. They are claimed apart, so that the others need not wait for them.
     */
    synchronized long slow() {
        return Long.bitCount(slow) <= MOST_SLOW ? slow : 0;
    }

    /** No lane but these is slow, as far as this poller is concerned. */
    synchronized void slowOnly(long lanes) {
        slow &= lanes;
    }

    /** How many claims in a row had no room left when they came to this lane: the more, the sooner it is read. */
    synchronized int passedOver(int lane) {
        return passedOver[lane];
    }

    /** What came of the lane's turn in a claim. */
    synchronized void turnTaken(int lane, boolean wasPassedOver) {
        passedOver[lane] = wasPassedOver ? passedOver[lane] + 1 : 0;
    }

    /** Whether events that are not small were met lately: the next are weighed as they are read. */
    synchronized boolean expectsLarge() {
        return weighing > 0 && weighing-- > 0;
    }

    /** What a claim for small events has met. */
    synchronized void metLarge(boolean large) {
        weighing = large ? WEIGHED_AFTER_LARGE : 0;
    }

    /** Not all of the lane's events were looked at: nothing new is known of it. */
    synchronized void unread(int lane) {
        drainedAt[lane] = -1;
        slow &= ~(1L << lane);
    }

    /** Whether every lane was seen empty when the sequence stood there, except those that back off, a bit for each. */
    synchronized boolean drained(long drawn, long backingOff) {
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            if (drainedAt[lane] < drawn && (backingOff & 1L << lane) == 0) {
                return false;
            }
        }
        return true;
    }
}
