package dev.leat.kinesis;

import java.util.Map;

/**
 * Which streams hold several events in a record. All pollers of an outbox are to agree on it: a packed record is placed by its
 * lane and a plain one by its key, which above 64 shards, or unequal ones, may be two shards.
 *
 * @param otherwise for streams that are not named
 * @param byStream by a stream's name or ARN, as the table's attachment or the poller's default gives it
 * @param recordBytes what a packed record is filled up to, data and partition key together, 1 KiB to 10 MiB; never above the
 *     largest record that every stream takes. Nothing is delayed to reach it
 */
public record Aggregation(Format otherwise, Map<String, Format> byStream, int recordBytes) {

    public static final int LEAST_RECORD_BYTES = 1024;
    public static final int MOST_RECORD_BYTES = 10 * 1024 * 1024;
    public static final int DEFAULT_RECORD_BYTES = 250_000;

    public Aggregation {
        byStream = Map.copyOf(byStream);
        if (recordBytes < LEAST_RECORD_BYTES || recordBytes > MOST_RECORD_BYTES) {
            throw new IllegalArgumentException("packed record: " + recordBytes + " bytes is not between "
                    + LEAST_RECORD_BYTES + " and " + MOST_RECORD_BYTES + "; " + DEFAULT_RECORD_BYTES
                    + " is the default");
        }
    }

    /** One event a record, in every stream. */
    public static Aggregation none() {
        return all(Format.NONE);
    }

    /** Every stream in one format. */
    public static Aggregation all(Format format) {
        return new Aggregation(format, Map.of(), DEFAULT_RECORD_BYTES);
    }

    Format of(String stream) {
        return byStream.isEmpty() ? otherwise : byStream.getOrDefault(stream, otherwise);
    }

    boolean any() {
        return otherwise != Format.NONE || !byStream.isEmpty();
    }

    /** How the events of a stream become Kinesis records. {@code docs/formats.md} describes each to those who read the stream. */
    public enum Format {
        /** One event a record. */
        NONE,

        /** Several events of a lane in one record, in the aggregation format that the Kinesis client library and Firehose unpack. */
        KPL,

        /** Several events of a lane in one record, each a line of JSON that ends with a newline. */
        LINES
    }
}
