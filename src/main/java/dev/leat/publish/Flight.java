package dev.leat.publish;

import dev.leat.StreamRecord;
import java.util.AbstractList;
import java.util.List;

/** One request: records of different keys for one stream. */
final class Flight {

    private final StreamLine line;
    private final KeyLine[] keys;
    private final int from;
    private final int to;
    private final long leftAt;

    Flight(StreamLine line, KeyLine[] keys, int from, int to, long leftAt) {
        this.line = line;
        this.keys = keys;
        this.from = from;
        this.to = to;
        this.leftAt = leftAt;
    }

    StreamLine line() {
        return line;
    }

    String stream() {
        return line.stream();
    }

    int size() {
        return to - from;
    }

    KeyLine key(int entry) {
        return keys[from + entry];
    }

    long leftAt() {
        return leftAt;
    }

    /** The part from one entry up to another, to leave on its own. */
    Flight part(int first, int end) {
        return new Flight(line, keys, from + first, from + end, leftAt);
    }

    Flight leaving(long now) {
        return new Flight(line, keys, from, to, now);
    }

    /** A view, valid until the answer is taken in. */
    List<StreamRecord> records() {
        return new AbstractList<>() {
            @Override
            public StreamRecord get(int entry) {
                return key(entry).head();
            }

            @Override
            public int size() {
                return Flight.this.size();
            }
        };
    }
}
