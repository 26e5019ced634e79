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
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** Sends one request by the SDK and waits for its answer. Safe for use by several threads. */
final class PutRecordsClient {

    private final KinesisClient client;
    private final boolean encodesBodies;

    PutRecordsClient(KinesisClient client) {
        this.client = client;
        this.encodesBodies = SdkSystemSetting.CBOR_ENABLED.getBooleanValueOrThrow() && hasInterceptor(client);
    }

    private static boolean hasInterceptor(KinesisClient client) {
        try {
            return client.serviceClientConfiguration().overrideConfiguration().executionInterceptors().stream()
                    .anyMatch(PutRecordsCbor.class::isInstance);
        } catch (UnsupportedOperationException e) {
            // A wrapper around a client need not tell its configuration.
            return false;
        }
    }

    /** How a request was completed. */
    sealed interface Completion {
        Request request();
    }

    /**
     * Kinesis accepted the request as a whole.
     *
     * @param results one for each entry of the request, in the same order
     */
    record Answered(Request request, List<EntryResult> results) implements Completion {}

    /** Kinesis did not accept the request, or its answer was lost. */
    record RequestFailed(Request request, Failure failure) implements Completion {}

    /** The request was not sent: when its turn came the deadline was too near. */
    record NotSent(Request request) implements Completion {}

    /** What Kinesis answers about one entry of a request. */
    record EntryResult(
            @Nullable String shardId,
            @Nullable String sequenceNumber,
            @Nullable String code,
            @Nullable String errorMessage) {

        static EntryResult of(PutRecordsResultEntry entry) {
            return new EntryResult(entry.shardId(), entry.sequenceNumber(), entry.errorCode(), entry.errorMessage());
        }

        /** Null if the entry was stored. An entry with neither an error code nor a sequence number counts as not stored. */
        @Nullable
        String errorCode() {
            boolean complete = sequenceNumber != null && shardId != null;
            return code != null ? code : complete ? null : "IncompleteReply";
        }

        /** The shard of an entry that was stored. */
        String shard() {
            return Objects.requireNonNull(shardId);
        }

        /** The sequence number of an entry that was stored. */
        String sequence() {
            return Objects.requireNonNull(sequenceNumber);
        }
    }

    /**
     * Sends a request and waits for its completion.
     *
     * @param timeout after this time the client has given up; Kinesis may still apply the request
     */
    Completion send(Request request, Duration timeout) {
        List<EntryResult> results;
        try {
            results = encodesBodies ? sendEncoded(request, timeout) : sendMarshalled(request, timeout);
        } catch (RuntimeException e) {
            return new RequestFailed(request, Failure.ofRequest(e));
        }
        if (results.size() != request.size()) {
            String message = results.size() + " results for " + request.size() + " records";
            return new RequestFailed(request, new Failure(Failure.Kind.TRANSIENT, "MismatchedReply", message));
        }
        return new Answered(request, results);
    }

    /** For a client that {@link KinesisClients} has prepared. */
    private List<EntryResult> sendEncoded(Request request, Duration timeout) {
        PutRecordsCbor.Exchange exchange = new PutRecordsCbor.Exchange(PutRecordsCbor.encode(request));
        client.putRecords(to(request.stream())
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(timeout)
                        .putExecutionAttribute(exchange.attribute(), exchange)
                        .build())
                .build());
        return exchange.results();
    }

    /** For a client that {@link KinesisClients} has not prepared, or that is set to JSON. */
    private List<EntryResult> sendMarshalled(Request request, Duration timeout) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(request.size());
        for (int n = 0; n < request.size(); n++) {
            RequestEntry entry = request.entry(n);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.partitionKey())
                    .explicitHashKey(entry.explicitHashKey())
                    .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                    .build());
        }
        PutRecordsRequest marshalled = to(request.stream())
                .records(entries)
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(timeout)
                        .build())
                .build();
        return client.putRecords(marshalled).records().stream()
                .map(EntryResult::of)
                .toList();
    }

    private static PutRecordsRequest.Builder to(String stream) {
        PutRecordsRequest.Builder request = PutRecordsRequest.builder();
        return isArn(stream) ? request.streamARN(stream) : request.streamName(stream);
    }

    static boolean isArn(String stream) {
        return stream.startsWith("arn:");
    }
}
