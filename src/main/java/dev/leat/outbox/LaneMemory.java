package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one poller has learned about the lanes, shared by its workers: the low of each lane, and whether all lanes were seen empty. It
 * grants no right to publish. An entry is a lower bound that stays true whatever other pollers do. To forget it costs only time.
 */
final class LaneMemory {

    /** How many claims expect large events after one was read: few enough wasted reads compared with all reads. */
    private static final int WEIGHED_AFTER_LARGE = 16;

    /** The smallest limit of events to read from a lane. */
    private static final int LEAST = 16;

    /** The most lanes that count as slow. If more lanes are behind, the cause is not a few hot keys. */
    private static final int MOST_SLOW = Lanes.COUNT / 8;

    private final long[] low = new long[Lanes.COUNT];
    private final long[] storedLow = new long[Lanes.COUNT];
    private final long[] drainedAt = new long[Lanes.COUNT];
    private final boolean[] full = new boolean[Lanes.COUNT];
    private final int[] readAtMost = new int[Lanes.COUNT];
    private final int[] passedOver = new int[Lanes.COUNT];
    private Lanes slow = Lanes.NONE;
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

    /** Forgets everything: after a lost connection the database may be another one. */
    synchronized void forget() {
        generation++;
        Arrays.fill(low, 0);
        Arrays.fill(storedLow, 0);
        Arrays.fill(drainedAt, -1);
        Arrays.fill(full, false);
        Arrays.fill(readAtMost, Integer.MAX_VALUE);
        slow = Lanes.NONE;
    }

    /**
     * Rises with each {@link #forget}. What was learned before that call must not be recorded after it: it may no longer be true of the
     * database.
     */
    synchronized long generation() {
        return generation;
    }

    /**
     * Takes note of the server that answers, and forgets everything if it is another one. Another server, or the same one after a crash,
     * may lack commits that were read before. Behind a connection pool or pooler no lost connection shows this. In another history an id
     * may belong to another event.
     */
    synchronized void server(ClaimStart.ServerHistory answering) {
        if (!answering.equals(server)) {
            server = answering;
            forget();
        }
    }

    /** The first lane to ask for now. The next call starts after the lanes that this call asks for. */
    synchronized int turn(int lanes) {
        int start = next;
        next = (next + lanes) % Lanes.COUNT;
        return start;
    }

    /**
     * How many events to read from a lane. The lanes with a backlog share the batch. A lane of a few hot keys is not read far beyond what
     * one pass can deliver.
     *
     * @param held the lanes that the claim holds
     */
    synchronized int limit(int lane, int batch, Set<Integer> held) {
        int even = Math.max(1, batch / Math.max(1, held.size()));
        int backlogged = (int) held.stream().filter(other -> full[other]).count();
        int share = backlogged == 0 ? even : Math.min(Math.max(even, batch / backlogged), 4 * even);
        return Math.min(share, readAtMost[lane]);
    }

    /**
     * The lows as known here.
     *
     * @param generation in which they are known
     */
    record Lows(long generation, long[] byLane) {}

    synchronized Lows lows() {
        return new Lows(generation, low.clone());
    }

    /** Records that the lane's row has this low now. */
    synchronized void stored(int lane, long written) {
        storedLow[lane] = written;
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

    /** The difference between the lane's low as known here and the low in its row. */
    synchronized long unstored(int lane) {
        return low[lane] - storedLow[lane];
    }

    /**
     * The state of a lane after a committed claim.
     *
     * @param read how many events were read
     * @param cutAt the last id read, if the lane held more than was read
     * @param left how many of the events read stay in the outbox
     * @param firstLeft the lowest id of the events that stay
     */
    record Settled(int read, OptionalLong cutAt, int left, OptionalLong firstLeft) {

        private static final Settled NOTHING = new Settled(0, OptionalLong.empty(), 0, OptionalLong.empty());
    }

    /**
     * Records a committed claim of a lane, unless {@link #forget} was called since the claim began.
     *
     * @param begun the generation when the claim began
     * @param drawn the highest id drawn when the claim began
     * @param proven the watermark when the claim began
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
        slow = settled.left() > 0 ? slow.with(lane) : slow.without(lane);
        readAtMost[lane] =
                settled.left() == 0 ? Integer.MAX_VALUE : Math.max(LEAST, 2 * (settled.read() - settled.left()));
        drainedAt[lane] = proven >= drawn && !full[lane] ? drawn : -1;
    }

    /**
     * Records that lanes held no event, unless {@link #forget} was called since. They need not be locked for that: no event can appear in
     * them at or below the watermark any more.
     *
     * @param begun the generation of the lows above which they were looked at
     * @param drawn the highest id drawn before they were looked at
     * @param proven the watermark before they were looked at
     */
    synchronized void empty(long begun, Lanes lanes, long drawn, long proven) {
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            if (lanes.contains(lane)) {
                settled(begun, lane, drawn, proven, Settled.NOTHING);
            }
        }
    }

    /**
     * The slow lanes: the few lanes of which the last pass delivered fewer events than it read, such as a lane where
     * one key has most events. They are claimed apart, so that the other lanes need not wait for them. None if many lanes are behind.
     */
    synchronized Lanes slow() {
        return slow.size() <= MOST_SLOW ? slow : Lanes.NONE;
    }

    /** Marks all lanes but these as not slow for this poller. */
    synchronized void slowOnly(Lanes lanes) {
        slow = slow.and(lanes);
    }

    /** How many claims in a row had spent their budget before this lane. The lanes with the highest count are read first. */
    synchronized int passedOver(int lane) {
        return passedOver[lane];
    }

    /** Records whether a claim had spent its budget before the lane. */
    synchronized void turnTaken(int lane, boolean wasPassedOver) {
        passedOver[lane] = wasPassedOver ? passedOver[lane] + 1 : 0;
    }

    /** Whether a recent claim read an event that is not small. If so, the next claim limits its events by size. */
    synchronized boolean expectsLarge() {
        return weighing > 0 && weighing-- > 0;
    }

    /** Records whether a claim for small events has read a large event. */
    synchronized void metLarge(boolean large) {
        weighing = large ? WEIGHED_AFTER_LARGE : 0;
    }

    /** Records that not all of the lane's events were read, so that nothing new is known of it. */
    synchronized void unread(int lane) {
        drainedAt[lane] = -1;
        slow = slow.without(lane);
    }

    /** Whether every lane was seen empty when the sequence stood at {@code drawn}, except the lanes that back off. */
    synchronized boolean drained(long drawn, Lanes backingOff) {
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            if (drainedAt[lane] < drawn && !backingOff.contains(lane)) {
                return false;
            }
        }
        return true;
    }
}
