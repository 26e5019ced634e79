package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.StreamRecord;
import java.math.BigInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One entry of a PutRecords request: what is sent of a {@link RecordQueue} at once. */
interface RequestEntry {

    /** The number of events in the entry. */
    int events();

    /** The bytes of data and partition key together, as Kinesis counts them. */
    long bytes();

    String partitionKey();

    /** The position in the hash space as a decimal number. Null: the MD5 of the partition key is the position. */
    @Nullable
    String explicitHashKey();

    /** The caller must not change the array. An aggregate is encoded here, so the sending thread does that work. */
    byte[] data();

    /** One event as it is, under its own partition key. */
    record Single(StreamRecord record, @Nullable String explicitHashKey) implements RequestEntry {

        /** The partition key gives the position, or the event itself does. */
        static Single of(StreamRecord record) {
            return new Single(
                    record, record.explicitHashKey().map(Object::toString).orElse(null));
        }

        /** The position is that of the aggregates of the event's lane. */
        static Single besideAggregates(StreamRecord record) {
            return new Single(record, LaneKey.of(record.event().lane()).hashKey());
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

    /** Consecutive events of one lane in one Kinesis record. */
    interface Aggregate extends RequestEntry {

        /**
         * Appends an event, unless the aggregate would exceed its size.
         *
         * @param keyBytes the length of the event's partition key in UTF-8
         * @return whether the event was appended
         */
        boolean add(StreamRecord record, int keyBytes);

        /**
         * An aggregate without events.
         *
         * @param maxBytes the limit of data and partition key together
         */
        static Aggregate empty(Aggregation.Format format, int lane, int maxBytes) {
            return switch (format) {
                case KPL -> new KplAggregate(LaneKey.of(lane), maxBytes);
                case LINES -> new JsonLinesAggregate(LaneKey.of(lane), maxBytes);
                case NONE -> throw new IllegalArgumentException("this stream has one event in a record");
            };
        }
    }

    /**
     * The keys of all aggregates of a lane. The hash key is the middle of the lane, and the events in an aggregate carry it too. A
     * single point lies in one shard, whatever is split or merged. So a consumer never finds an event in a record whose shard
     * the event does not belong to, and never drops one for that reason.
     *
     * @param partitionKey ASCII
     * @param hashKey a decimal number
     */
    record LaneKey(String partitionKey, String hashKey) {

        private static final LaneKey[] ALL = IntStream.range(0, Lanes.COUNT)
                .mapToObj(lane -> new LaneKey(
                        "lane-" + lane,
                        BigInteger.valueOf(2L * lane + 1).shiftLeft(121).toString()))
                .toArray(LaneKey[]::new);

        static LaneKey of(int lane) {
            return ALL[lane];
        }
    }
}
