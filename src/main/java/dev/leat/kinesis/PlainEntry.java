package dev.leat.kinesis;

import dev.leat.StreamRecord;
import org.jspecify.annotations.Nullable;

/** One event, under its own partition key. */
record PlainEntry(StreamRecord record, @Nullable String explicitHashKey) implements Entry {

    /** Placed by its key, or where the event itself says. */
    static PlainEntry of(StreamRecord record) {
        return new PlainEntry(
                record, record.explicitHashKey().map(Object::toString).orElse(null));
    }

    /** Placed with its lane's packed records. */
    static PlainEntry inSlot(StreamRecord record) {
        return new PlainEntry(record, LaneSlot.of(record.event().lane()).hashKey());
    }

    @Override
    public int events() {
        return 1;
    }

    @Override
    public long bytes() {
        return RecordLimits.bytes(record);
    }

    @Override
    public String partitionKey() {
        return record.partitionKey();
    }

    @Override
    public byte[] data() {
        return record.data();
    }
}
