package dev.leat.kinesis;

import dev.leat.StreamRecord;

/** The records of one partition key, each an entry of its own. */
final class KeyLine extends RecordQueue {

    KeyLine(StreamRecord[] records, int[] next) {
        super(records, next);
    }

    @Override
    Entry cut(RecordLimits limits, TruncateBarriers gates) {
        return PlainEntry.of(head());
    }
}
