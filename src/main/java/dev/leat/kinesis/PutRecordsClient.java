package dev.leat.kinesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/** Sends one request by the SDK and waits for its answer. Safe for use by several threads. */
final class PutRecordsClient {

    private final KinesisClient client;
    private final boolean ownBodies;

    PutRecordsClient(KinesisClient client) {
        this.client = client;
        this.ownBodies = SdkSystemSetting.CBOR_ENABLED.getBooleanValueOrThrow() && prepared(client);
    }

    private static boolean prepared(KinesisClient client) {
        try {
            return client.serviceClientConfiguration().overrideConfiguration().executionInterceptors().stream()
                    .anyMatch(PutRecordsCbor.class::isInstance);
        } catch (UnsupportedOperationException e) {
            // A wrapper around a client need not tell how that is made.
            return false;
        }
    }

    /**
     * @param timeout after which the client has given up; the service may still apply the request
     */
    Completion send(Request flight, Duration timeout) {
        List<Result> results;
        try {
            results = ownBodies ? exchanged(flight, timeout) : marshalled(flight, timeout);
        } catch (RuntimeException e) {
            return new Completion.Failed(flight, Failure.ofRequest(e));
        }
        if (results.size() != flight.size()) {
            String told = results.size() + " results for " + flight.size() + " records";
            return new Completion.Failed(flight, new Failure(Verdict.TRANSIENT, "MismatchedReply", told));
        }
        return new Completion.Answered(flight, new Results(results));
    }

    private List<Result> exchanged(Request flight, Duration timeout) {
        PutRecordsCbor.Exchange exchange = new PutRecordsCbor.Exchange(CborBody.of(flight));
        client.putRecords(to(flight.stream())
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(timeout)
                        .putExecutionAttribute(exchange.attribute(), exchange)
                        .build())
                .build());
        return exchange.results();
    }

    /** For a client that {@link KinesisClients} has not prepared, or that is to speak JSON. */
    private List<Result> marshalled(Request flight, Duration timeout) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(flight.size());
        for (int n = 0; n < flight.size(); n++) {
            Entry entry = flight.entry(n);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.partitionKey())
                    .explicitHashKey(entry.explicitHashKey())
                    .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                    .build());
        }
        PutRecordsRequest request = to(flight.stream())
                .records(entries)
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(timeout)
                        .build())
                .build();
        return client.putRecords(request).records().stream().map(Result::of).toList();
    }

    private static PutRecordsRequest.Builder to(String stream) {
        PutRecordsRequest.Builder request = PutRecordsRequest.builder();
        return isArn(stream) ? request.streamARN(stream) : request.streamName(stream);
    }

    static boolean isArn(String stream) {
        return stream.startsWith("arn:");
    }

    private record Results(List<Result> entries) implements Reply {

        @Override
        public @Nullable String errorCode(int entry) {
            return entries.get(entry).errorCode();
        }

        @Override
        public @Nullable String errorMessage(int entry) {
            return entries.get(entry).errorMessage();
        }

        @Override
        public String shardId(int entry) {
            return Objects.requireNonNull(entries.get(entry).shardId());
        }

        @Override
        public String sequenceNumber(int entry) {
            return Objects.requireNonNull(entries.get(entry).sequenceNumber());
        }
    }
}
