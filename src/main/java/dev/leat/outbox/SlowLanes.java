package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Divides the lanes of a poller between its workers, so that {@linkplain LaneMemory#slow() slow lanes} and other lanes are not in one
 * claim. One worker claims only the slow lanes, and the others leave them out. A single worker alternates between the two. No worker
 * claims lanes that back off.
 */
final class SlowLanes {

    private final LaneMemory memory;
    private int workers;
    private @Nullable Object keeper;

    SlowLanes(LaneMemory memory) {
        this.memory = memory;
    }

    /** Adds one worker to those that share the lanes. */
    synchronized void join() {
        workers++;
    }

    /** The lanes that the worker's next claim leaves out, including those that back off. */
    synchronized Lanes next(Object worker, Lanes backingOff) {
        Lanes slow = memory.slow().and(backingOff.others());
        if (slow.isEmpty()) {
            keeper = null;
            return backingOff;
        }
        if (keeper == null) {
            keeper = worker;
        } else if (workers == 1) {
            keeper = null;
        }
        return backingOff.or(keeper == worker ? slow.others() : slow);
    }

    /**
     * Takes note of the lanes that the worker's claim holds. Slow lanes that it asked for and did not get are held by another poller,
     * whose own workers keep them apart.
     */
    synchronized void got(Object worker, Set<Integer> lanes) {
        if (keeper == worker) {
            memory.slowOnly(Lanes.of(lanes));
        }
    }

    /** The lanes that the worker does not claim now. */
    synchronized Lanes notFor(Object worker, Lanes backingOff) {
        Lanes slow = memory.slow().and(backingOff.others());
        if (slow.isEmpty() || workers == 1 || keeper == null) {
            return backingOff;
        }
        return backingOff.or(keeper == worker ? slow.others() : slow);
    }
}
