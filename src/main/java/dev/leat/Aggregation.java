package dev.leat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which streams hold several events in a record. All pollers of an outbox should use the same: an aggregate is placed by its lane,
 * a single event by its key. With more than 64 shards, or unequal ones, these can be two shards.
 *
 * @param otherwise the format of streams that {@code byStream} does not name
 * @param byStream the format by a stream's name or ARN, written as the table's attachment or the poller's default stream writes it
 * @param recordBytes the size up to which an aggregate is filled, data and partition key together, 1 KiB to 10 MiB. An aggregate
 *     never exceeds the largest record that every stream accepts. No event is delayed to fill one
 */
public record Aggregation(Format otherwise, Map<String, Format> byStream, int recordBytes) {

    private static final String EXPECTED = "write none, kpl or lines for every stream, stream=format for one, or both"
            + " with commas between, such as kpl,audit=none";

    public static final int LEAST_RECORD_BYTES = 1024;
    public static final int MOST_RECORD_BYTES = 10 * 1024 * 1024;
    public static final int DEFAULT_RECORD_BYTES = 250_000;

    public Aggregation {
        byStream = Map.copyOf(byStream);
        if (recordBytes < LEAST_RECORD_BYTES || recordBytes > MOST_RECORD_BYTES) {
            throw new IllegalArgumentException("aggregation size: " + recordBytes + " bytes is not between "
                    + LEAST_RECORD_BYTES + " and " + MOST_RECORD_BYTES + "; the default is " + DEFAULT_RECORD_BYTES);
        }
    }

    /** How the events of a stream become Kinesis records. {@code docs/formats.md} describes each format to consumers. */
    public enum Format {
        /** One event in a record. */
        NONE,

        /** Several events of a lane in a record, in the KPL aggregation format, which the KCL and Firehose deaggregate. */
        KPL,

        /** Several events of a lane in a record, each as one line of JSON with a newline at its end. */
        LINES
    }

    /** One event in a record, for every stream. */
    public static Aggregation none() {
        return all(Format.NONE);
    }

    /** One format for every stream. */
    public static Aggregation all(Format format) {
        return new Aggregation(format, Map.of(), DEFAULT_RECORD_BYTES);
    }

    /** The format of one stream. */
    public Format of(String stream) {
        return byStream.isEmpty() ? otherwise : byStream.getOrDefault(stream, otherwise);
    }

    /** Whether some stream may have aggregates. */
    public boolean any() {
        return otherwise != Format.NONE || !byStream.isEmpty();
    }

    /**
     * Which stream has which format; the size is the default's.
     *
     * @throws IllegalArgumentException when the text says no such thing; the message says what is expected
     */
    static Aggregation parse(String text) {
        ByStream<Format> formats = ByStream.parse(text, Format.NONE, Aggregation::format, "is aggregated", EXPECTED);
        return new Aggregation(formats.otherwise(), formats.byStream(), DEFAULT_RECORD_BYTES);
    }

    private static Format format(String word) {
        return Arrays.stream(Format.values())
                .filter(format -> format.name().equals(word.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no format; there are "
                        + Arrays.stream(Format.values()).map(Aggregation::word).collect(Collectors.joining(", "))
                        + ": " + EXPECTED));
    }

    /** The text that {@link #parse} reads back as the same formats. */
    String text() {
        return new ByStream<>(otherwise, byStream).text(Aggregation::word);
    }

    private static String word(Format format) {
        return format.name().toLowerCase(Locale.ROOT);
    }
}
