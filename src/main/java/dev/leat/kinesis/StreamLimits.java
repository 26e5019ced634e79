package dev.leat.kinesis;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;

/**
 * The largest record that a stream takes, read from the stream and remembered for a few seconds: a person who raises the limit
 * and sends an event again should not meet the old one. Asked only when a record exceeds what every stream takes, so that
 * the ordinary poller needs no right to describe streams.
 */
final class StreamLimits {

    /** The most that any stream can be set to; also assumed where a stream cannot be asked: the stream then says no itself. */
    static final int LARGEST_OF_ALL = 10 * 1024 * 1024;

    private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private record Known(int bytes, long at) {}

    private final KinesisClient client;
    private final PollerListener listener;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    StreamLimits(KinesisClient client, PollerListener listener) {
        this.client = client;
        this.listener = listener;
    }

    /**
     * In bytes, data and partition key together.
     *
     * @param now nanoseconds on the publisher's clock
     */
    int largestRecord(String stream, long now) {
        Known last = known.get(stream);
        if (last == null || now - last.at > FRESH_NANOS) {
            last = new Known(ask(stream), now);
            known.put(stream, last);
        }
        return last.bytes;
    }

    private int ask(String stream) {
        DescribeStreamSummaryRequest.Builder request = DescribeStreamSummaryRequest.builder()
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(TIMEOUT)
                        .build());
        try {
            Integer kib = client.describeStreamSummary(
                            (PutRecordsClient.isArn(stream) ? request.streamARN(stream) : request.streamName(stream))
                                    .build())
                    .streamDescriptionSummary()
                    .maxRecordSizeInKiB();
            return kib == null ? PublishSettings.DEFAULT_MAX_RECORD_BYTES : kib * 1024;
        } catch (RuntimeException e) {
            listener.notice("The largest record that " + stream + " takes could not be read: "
                    + Failure.ofRequest(e).describe() + ". Records over 1 MiB are sent all the same, and quarantined if"
                    + " the stream refuses them. Allow kinesis:DescribeStreamSummary, or set the largest record.");
            return LARGEST_OF_ALL;
        }
    }
}
