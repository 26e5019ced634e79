package dev.leat.outbox;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the {@linkplain LaneMemory#slow() slow lanes} of a poller apart from the others, which would wait for them in one claim: one
 * worker claims them and nothing else, and the others leave them out. A worker alone takes turns. No worker claims lanes that back off.
 */
final class SlowLanes {

    private final LaneMemory memory;
    private int workers;
    private @Nullable Object keeper;

    SlowLanes(LaneMemory memory) {
        this.memory = memory;
    }

    /** One worker more shares the lanes. */
    synchronized void join() {
        workers++;
    }

    /** The lanes that the worker's next claim is to leave out, those that back off among them; a bit for each. */
    synchronized long next(Object worker, long backingOff) {
        long slow = memory.slow() & ~backingOff;
        if (slow == 0) {
            keeper = null;
            return backingOff;
        }
        if (keeper == null) {
            keeper = worker;
        } else if (workers == 1) {
            keeper = null;
        }
        return backingOff | (keeper == worker ? ~slow : slow);
    }

    /** The worker's claim has got those lanes. Slow ones that it asked for in vain are with another poller, whose workers keep them apart. */
    synchronized void got(Object worker, Set<Integer> lanes) {
        if (keeper == worker) {
            long got = 0;
            for (int lane : lanes) {
                got |= 1L << lane;
            }
            memory.slowOnly(got);
        }
    }

    /** The lanes that the worker need not look after now. */
    synchronized long notFor(Object worker, long backingOff) {
        long slow = memory.slow() & ~backingOff;
        return backingOff | (slow == 0 || workers == 1 || keeper == null ? 0 : keeper == worker ? ~slow : slow);
    }
}
