package dev.leat.kinesis;

import dev.leat.StreamRecord;

/** A packed record that is being filled with consecutive events of one lane. */
interface Pack extends Entry {

    /**
     * Puts an event behind those that are in already, unless it would grow too large.
     *
     * @param keyBytes of its partition key in UTF-8
     * @return whether it is in
     */
    boolean add(StreamRecord record, int keyBytes);

    /**
     * An empty one.
     *
     * @param mostBytes of data and partition key together
     */
    static Pack begin(Aggregation.Format format, int lane, int mostBytes) {
        return switch (format) {
            case KPL -> new KplAggregate(LaneSlot.of(lane), mostBytes);
            case LINES -> new JsonLinesAggregate(LaneSlot.of(lane), mostBytes);
            case NONE -> throw new IllegalArgumentException("a stream that is not packed");
        };
    }
}
