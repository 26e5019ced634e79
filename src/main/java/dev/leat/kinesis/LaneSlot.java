package dev.leat.kinesis;

import java.math.BigInteger;
import java.util.stream.IntStream;

/**
 * The one point of the hash space where all packed records of a lane go, and all that is packed in them: the middle of the lane.
 * A point lies in one shard, whatever is split or merged, so that no consumer finds events in a record that do not
 * belong to its shard and drops them.
 *
 * @param name the partition key of the lane's packed records, in ASCII
 * @param hashKey in decimal
 */
record LaneSlot(String name, String hashKey) {

    private static final LaneSlot[] ALL = IntStream.range(0, 64)
            .mapToObj(lane -> new LaneSlot(
                    "lane-" + lane,
                    BigInteger.valueOf(2L * lane + 1).shiftLeft(121).toString()))
            .toArray(LaneSlot[]::new);

    static LaneSlot of(int lane) {
        return ALL[lane];
    }
}
