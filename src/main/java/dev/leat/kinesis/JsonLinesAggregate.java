package dev.leat.kinesis;

import dev.leat.pipeline.StreamRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * Events as lines of JSON, each with a newline at its end. An event can hold line breaks: PostgreSQL passes on the white space of a
 * {@code json} value, and {@code json_agg} writes line breaks itself. Each becomes a space. Such a line break is always between tokens,
 * because JSON escapes those within a string.
 */
final class JsonLinesAggregate implements RequestEntry.Aggregate {

    private final RequestEntry.LaneKey laneKey;
    private final int maxDataBytes;
    private final List<StreamRecord> records = new ArrayList<>();
    private int length;

    JsonLinesAggregate(RequestEntry.LaneKey laneKey, int maxBytes) {
        this.laneKey = laneKey;
        this.maxDataBytes = maxBytes - laneKey.partitionKey().length();
    }

    @Override
    public boolean add(StreamRecord record, int keyBytes) {
        long grown = length + record.data().length + 1L;
        if (grown > maxDataBytes) {
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
        return (long) length + laneKey.partitionKey().length();
    }

    @Override
    public String partitionKey() {
        return laneKey.partitionKey();
    }

    @Override
    public String explicitHashKey() {
        return laneKey.hashKey();
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
