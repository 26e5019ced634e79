package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.PollerListener;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;

/**
 * The limits of a single record.
 *
 * @param alwaysFits the bytes that every stream accepts, data and partition key together
 * @param largest the bytes that a stream accepts. It is asked only about records above {@code alwaysFits}, because the answer may cost a
 *     request
 * @param aggregation which streams have several events in a record
 */
record RecordLimits(int alwaysFits, ToIntFunction<String> largest, Aggregation aggregation) {

    private static final int LONGEST_KEY = 256;

    /** As the settings say, or else as each stream says. */
    static RecordLimits of(
            PublishSettings settings, KinesisClient client, PollerListener listener, LongSupplier clock) {
        Integer set = settings.maxRecordBytes();
        if (set != null) {
            return new RecordLimits(set, stream -> set, settings.aggregation());
        }
        StreamLimits streams = new StreamLimits(client, listener, clock);
        return new RecordLimits(
                PublishSettings.DEFAULT_MAX_RECORD_BYTES, streams::largestRecord, settings.aggregation());
    }

    /**
     * The largest record of each stream, read from the stream and remembered for a few seconds: when a person raises the limit and
     * sends an event again, the old limit must not apply. An ordinary poller never asks, so it does not need the right to describe
     * streams.
     */
    private static final class StreamLimits {

        /** The highest limit that a stream can have. Used where a stream cannot be asked: then the stream itself refuses. */
        private static final int LARGEST_OF_ALL = 10 * 1024 * 1024;

        private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();
        private static final Duration TIMEOUT = Duration.ofSeconds(1);

        private record Limit(int bytes, long readAt) {}

        private final KinesisClient client;
        private final PollerListener listener;
        private final LongSupplier clock;
        private final Map<String, Limit> limits = new ConcurrentHashMap<>();

        StreamLimits(KinesisClient client, PollerListener listener, LongSupplier clock) {
            this.client = client;
            this.listener = listener;
            this.clock = clock;
        }

        /** Bytes, data and partition key together. */
        int largestRecord(String stream) {
            long now = clock.getAsLong();
            Limit limit = limits.get(stream);
            if (limit == null || now - limit.readAt > FRESH_NANOS) {
                limit = new Limit(read(stream), now);
                limits.put(stream, limit);
            }
            return limit.bytes;
        }

        private int read(String stream) {
            DescribeStreamSummaryRequest.Builder request = DescribeStreamSummaryRequest.builder()
                    .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                            .apiCallTimeout(TIMEOUT)
                            .build());
            try {
                Integer kib = client.describeStreamSummary((PutRecordsClient.isArn(stream)
                                        ? request.streamARN(stream)
                                        : request.streamName(stream))
                                .build())
                        .streamDescriptionSummary()
                        .maxRecordSizeInKiB();
                return kib == null ? PublishSettings.DEFAULT_MAX_RECORD_BYTES : kib * 1024;
            } catch (RuntimeException e) {
                listener.notice(
                        "The largest record that " + stream + " accepts could not be read: "
                                + Failure.ofRequest(e).describe()
                                + ". Records over 1 MiB are still sent, and are quarantined if"
                                + " the stream refuses them. Allow kinesis:DescribeStreamSummary, or set the largest record (--max-record-size).");
                return LARGEST_OF_ALL;
            }
        }
    }

    /** The size up to which an aggregate is filled, data and partition key together. */
    int aggregateBytes() {
        return Math.min(aggregation.recordBytes(), alwaysFits);
    }

    /** Why no stream would accept the record; null if the record keeps the limits. */
    @Nullable
    String fault(StreamRecord record) {
        String key = record.partitionKey();
        int keyBytes = keyBytes(key);
        if (keyBytes < 0) {
            return keyFault(key);
        }
        long bytes = (long) record.data().length + keyBytes;
        if (bytes > alwaysFits) {
            int most = largest.applyAsInt(record.stream());
            if (bytes > most) {
                return "it has " + bytes + " bytes with its partition key; " + record.stream() + " takes up to " + most;
            }
        }
        return null;
    }

    private static String keyFault(String key) {
        if (key.isEmpty()) {
            return "its partition key is empty; Kinesis wants 1 to " + LONGEST_KEY + " characters";
        }
        int characters = key.codePointCount(0, key.length());
        return characters > LONGEST_KEY
                ? "its partition key has " + characters + " characters; Kinesis takes up to " + LONGEST_KEY
                : "its partition key is no valid Unicode text";
    }

    /** The length of a partition key in UTF-8; negative if no stream accepts the key. */
    static int keyBytes(String key) {
        boolean fits = key.length() <= LONGEST_KEY || key.codePointCount(0, key.length()) <= LONGEST_KEY;
        return key.isEmpty() || !fits ? -1 : utf8Length(key);
    }

    /** The bytes of a record that keeps the limits, as a request counts them. */
    static long bytes(StreamRecord record) {
        return (long) record.data().length + utf8Length(record.partitionKey());
    }

    /** Negative if a surrogate has no partner. */
    private static int utf8Length(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                return -1;
            }
        }
        return bytes;
    }
}
