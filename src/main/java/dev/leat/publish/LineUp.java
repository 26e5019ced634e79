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

    private final StreamRecord[] records;
    private final int[] next;
    private final Map<String, Line[]> byStream = new HashMap<>();
    private final List<Line> lines = new ArrayList<>();

    private LineUp(StreamRecord[] records) {
        this.records = records;
        this.next = new int[records.length];
        Arrays.fill(next, -1);
    }

    /** The lines of these records, which ascend by id within each partition key. */
    static List<Line> of(StreamRecord[] records, Packing packing) {
        LineUp lineUp = new LineUp(records);
        if (lineUp.oneStreamAndPacked(packing)) {
            for (int index = 0; index < records.length; index++) {
                lineUp.lineOfLane(records[index]).append(index);
            }
        } else {
            Map<String, Line> byKey = new HashMap<>(2 * records.length);
            if (packing.any()) {
                lineUp.findPacked(packing, byKey);
            }
            for (int index = 0; index < records.length; index++) {
                lineUp.lineOfKey(records[index].partitionKey(), byKey).append(index);
            }
        }
        return lineUp.lines;
    }

    /** The usual case of a packed stream, in which nobody needs to know the keys. */
    private boolean oneStreamAndPacked(Packing packing) {
        if (records.length == 0 || packing.of(records[0].stream()) == PackFormat.NONE) {
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
    private void findPacked(Packing packing, Map<String, Line> byKey) {
        for (StreamRecord record : records) {
            if (packing.of(record.stream()) != PackFormat.NONE && !byKey.containsKey(record.partitionKey())) {
                byKey.put(record.partitionKey(), lineOfLane(record));
            }
        }
    }

    private Line lineOfLane(StreamRecord record) {
        Line[] lanes = byStream.computeIfAbsent(record.stream(), stream -> new Line[64]);
        int lane = record.event().lane();
        if (lanes[lane] == null) {
            lanes[lane] = add(new LaneLine(records, next));
        }
        return lanes[lane];
    }

    private Line lineOfKey(String key, Map<String, Line> byKey) {
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
