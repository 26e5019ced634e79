package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import java.util.List;

/**
 * A lane whose row is locked, with the range and the limit of the events to read.
 *
 * @param low no event up to this id is left to read
 * @param limit how many events to read, at most
 */
record LaneQuery(int lane, long low, int limit) {

    /** How many events to read from each lane, by its number. */
    static int[] limits(List<LaneQuery> lanes) {
        int[] limits = new int[Lanes.COUNT];
        lanes.forEach(lane -> limits[lane.lane()] = lane.limit());
        return limits;
    }
}
