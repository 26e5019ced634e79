package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.List;

/**
 * A lane whose row is locked, and how to read it.
 *
 * @param low no event up to this id is left to read
 * @param limit how many events to read, at most
 */
record LaneQuery(int lane, long low, int limit) {

    /** How many events to read of each lane, by its number. */
    static int[] limits(List<LaneQuery> lanes) {
        int[] limits = new int[Lanes.COUNT];
        lanes.forEach(lane -> limits[lane.lane()] = lane.limit());
        return limits;
    }
}
