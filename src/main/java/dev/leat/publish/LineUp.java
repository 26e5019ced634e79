package dev.leat.publish;

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

    private record StreamLane(String stream, int lane) {}

    private final StreamRecord[] records;
    private final int[] next;
    private final Map<String, Line> byKey;
    private final Map<StreamLane, Line> byLane = new HashMap<>();
    private final List<Line> lines = new ArrayList<>();

    private LineUp(StreamRecord[] records) {
        this.records = records;
        this.next = new int[records.length];
        Arrays.fill(next, -1);
        this.byKey = new HashMap<>(2 * records.length);
    }

    /** The lines of these records, which ascend by id within each partition key. */
    static List<Line> of(StreamRecord[] records, Packing packing) {
        LineUp lineUp = new LineUp(records);
        if (packing.any()) {
            lineUp.findPacked(packing);
        }
        for (int index = 0; index < records.length; index++) {
            lineUp.lineOf(records[index].partitionKey()).append(index);
        }
        return lineUp.lines;
    }

    /** A key with any record for a packed stream goes with its lane. */
    private void findPacked(Packing packing) {
        for (StreamRecord record : records) {
            if (packing.of(record.stream()) != PackFormat.NONE && !byKey.containsKey(record.partitionKey())) {
                StreamLane lane = new StreamLane(record.stream(), record.event().lane());
                byKey.put(
                        record.partitionKey(),
                        byLane.computeIfAbsent(lane, stream -> add(new LaneLine(records, next))));
            }
        }
    }

    private Line lineOf(String key) {
        Line line = byKey.get(key);
        if (line == null) {
            line = add(new KeyLine(records, next));
            byKey.put(key, line);
        }
        return line;
    }

    private Line add(Line line) {
        lines.add(line);
        return line;
    }
}
