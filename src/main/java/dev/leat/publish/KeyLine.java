package dev.leat.publish;

import dev.leat.StreamRecord;

/** The records of one partition key, each an entry of its own. */
final class KeyLine extends Line {

    KeyLine(StreamRecord[] records, int[] next) {
        super(records, next);
    }

    @Override
    Entry cut(RecordLimits limits, LaneGates gates) {
        return PlainEntry.of(head());
    }
}
