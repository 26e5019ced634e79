package dev.leat.publish;

/**
 * What is remembered of a stream from one claim to the next, so that a new claim does not start over against a stream, or a
 * part of one, that has just refused. A shard's share of the hash space is in practice one or several whole lanes, and the
 * service does not say which shard refused a record: the lane stands in for it. Shared by claims
 * that are published at the same time.
 */
final class StreamPace {

    private final Rest whole = new Rest();
    private final Rest[] lanes = new Rest[64];
    private long troubledLanes;
    private volatile boolean accepted;

    StreamPace() {
        for (int lane = 0; lane < lanes.length; lane++) {
            lanes[lane] = new Rest();
        }
    }

    Rest whole() {
        return whole;
    }

    Rest lane(int lane) {
        return lanes[lane];
    }

    synchronized void laneFailed(int lane, RetryPolicy policy, Failure failure, long leftAt, long now) {
        troubledLanes |= 1L << lane;
        lanes[lane].failed(policy, failure, leftAt, now);
    }

    /**
     * The stream took records.
     *
     * @param served the lanes of those records, a bit for each
     * @param leftAt when the request was sent
     */
    synchronized void accepted(long served, long leftAt) {
        accepted = true;
        whole.succeeded(leftAt);
        for (long left = troubledLanes & served; left != 0; left &= left - 1) {
            int lane = Long.numberOfTrailingZeros(left);
            lanes[lane].succeeded(leftAt);
            if (!lanes[lane].troubled()) {
                troubledLanes &= ~(1L << lane);
            }
        }
    }

    /** Whether it ever took a record. Until then it is suspected before any event is. */
    boolean hasAccepted() {
        return accepted;
    }
}
