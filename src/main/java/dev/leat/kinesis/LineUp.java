package dev.leat.kinesis;

import dev.leat.StreamRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts the records of a claim into lines: one for each partition key, or, for a stream that is packed, one for each lane. All
 * records of a key are in one line, whatever their streams, so that none overtakes another.
 */
final class LineUp {

    private final StreamRecord[] records;
    private final int[] next;
    private final Map<String, RecordQueue[]> byStream = new HashMap<>();
    private final List<RecordQueue> lines = new ArrayList<>();

    private LineUp(StreamRecord[] records) {
        this.records = records;
        this.next = new int[records.length];
        Arrays.fill(next, -1);
    }

    /** The lines of these records, which ascend by id within each partition key. */
    static List<RecordQueue> of(StreamRecord[] records, Aggregation aggregation) {
        LineUp lineUp = new LineUp(records);
        if (lineUp.oneStreamAndPacked(aggregation)) {
            for (int index = 0; index < records.length; index++) {
                lineUp.lineOfLane(records[index]).append(index);
            }
        } else {
            Map<String, RecordQueue> byKey = new HashMap<>(2 * records.length);
            if (aggregation.any()) {
                lineUp.findPacked(aggregation, byKey);
            }
            for (int index = 0; index < records.length; index++) {
                lineUp.lineOfKey(records[index].partitionKey(), byKey).append(index);
            }
        }
        return lineUp.lines;
    }

    /** The usual case of a packed stream, in which nobody needs to know the keys. */
    private boolean oneStreamAndPacked(Aggregation aggregation) {
        if (records.length == 0 || aggregation.of(records[0].stream()) == Aggregation.Format.NONE) {
            return false;
        }
        for (StreamRecord record : records) {
            if (!record.stream().equals(records[0].stream())) {
                return false;
            }
        }
        return true;
    }

    /** A key with any record for a packed stream goes with its lane. */
    private void findPacked(Aggregation aggregation, Map<String, RecordQueue> byKey) {
        for (StreamRecord record : records) {
            if (aggregation.of(record.stream()) != Aggregation.Format.NONE
                    && !byKey.containsKey(record.partitionKey())) {
                byKey.put(record.partitionKey(), lineOfLane(record));
            }
        }
    }

    private RecordQueue lineOfLane(StreamRecord record) {
        RecordQueue[] lanes = byStream.computeIfAbsent(record.stream(), stream -> new RecordQueue[64]);
        int lane = record.event().lane();
        if (lanes[lane] == null) {
            lanes[lane] = add(new LaneLine(records, next));
        }
        return lanes[lane];
    }

    private RecordQueue lineOfKey(String key, Map<String, RecordQueue> byKey) {
        RecordQueue line = byKey.get(key);
        if (line == null) {
            line = add(new KeyLine(records, next));
            byKey.put(key, line);
        }
        return line;
    }

    private RecordQueue add(RecordQueue line) {
        lines.add(line);
        return line;
    }
}
