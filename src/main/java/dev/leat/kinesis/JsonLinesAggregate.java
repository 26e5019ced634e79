package dev.leat.kinesis;

import dev.leat.StreamRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Events as lines of JSON, each ended by a newline. PostgreSQL passes the white space of a {@code json} value on, and
 * {@code json_agg} breaks lines itself: a line break in an event stands between tokens, because within a string JSON has it
 * escaped, and becomes a space.
 */
final class JsonLinesAggregate implements Pack {

    private final LaneSlot slot;
    private final int most;
    private final List<StreamRecord> records = new ArrayList<>();
    private int length;

    JsonLinesAggregate(LaneSlot slot, int mostBytes) {
        this.slot = slot;
        this.most = mostBytes - slot.name().length();
    }

    @Override
    public boolean add(StreamRecord record, int keyBytes) {
        long grown = length + record.data().length + 1L;
        if (grown > most) {
            return false;
        }
        records.add(record);
        length = (int) grown;
        return true;
    }

    @Override
    public int events() {
        return records.size();
    }

    @Override
    public long bytes() {
        return (long) length + slot.name().length();
    }

    @Override
    public String partitionKey() {
        return slot.name();
    }

    @Override
    public String explicitHashKey() {
        return slot.hashKey();
    }

    @Override
    public byte[] data() {
        byte[] lines = new byte[length];
        int at = 0;
        for (StreamRecord record : records) {
            byte[] event = record.data();
            System.arraycopy(event, 0, lines, at, event.length);
            int end = at + event.length;
            for (int i = at; i < end; i++) {
                if (lines[i] == '\n' || lines[i] == '\r') {
                    lines[i] = ' ';
                }
            }
            lines[end] = '\n';
            at = end + 1;
        }
        return lines;
    }
}
