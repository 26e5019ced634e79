package dev.leat.kinesis;

import dev.leat.StreamRecord;

/**
 * The records of a lane for a stream that is packed. As many leave at once as are there and fit into a packed record; nothing
 * waits for more. If the stream refuses them, half of them leave, and so on until the one that it refuses is alone.
 */
final class LaneLine extends RecordQueue {

    /** What Firehose takes apart. */
    static final int MOST_EVENTS = 500;

    /** So many of the next records have the one among them that the stream refuses; 0: no such is known. */
    private int suspects;

    LaneLine(StreamRecord[] records, int[] next) {
        super(records, next);
    }

    @Override
    Entry cut(RecordLimits limits, TruncateBarriers gates) {
        StreamRecord first = head();
        Aggregation.Format format = limits.aggregation().of(first.stream());
        if (format == Aggregation.Format.NONE) {
            // A key whose table has changed its stream has records of both in one line.
            return PlainEntry.of(first);
        }
        Pack pack = Pack.begin(format, lane(), limits.packedBytes());
        int most = suspects == 0 ? MOST_EVENTS : Math.max(1, suspects / 2);
        for (int index = headIndex(); index >= 0 && pack.events() < most; index = after(index)) {
            StreamRecord record = record(index);
            int keyBytes = RecordLimits.keyBytes(record.partitionKey());
            if (!record.stream().equals(first.stream())
                    || keyBytes < 0
                    || !gates.open(record)
                    || !pack.add(record, keyBytes)) {
                break;
            }
        }
        boolean plainWillDo = format == Aggregation.Format.KPL && pack.events() == 1;
        return pack.events() == 0 || plainWillDo ? PlainEntry.inSlot(first) : pack;
    }

    @Override
    boolean narrow() {
        int events = leaving().events();
        suspects = events > 1 ? events : 0;
        return suspects > 0;
    }

    @Override
    boolean searching() {
        return suspects > 0 && remaining() > 0;
    }

    @Override
    void advance() {
        super.advance();
        suspects = Math.max(0, suspects - 1);
    }
}
