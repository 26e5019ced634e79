package dev.leat.kinesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** Sends one request and waits for its answer: by the SDK's client, or by {@link DirectPutRecords}. Safe for use by several threads. */
final class PutRecordsClient {

    private final KinesisClient client;
    private final @Nullable DirectPutRecords direct;

    PutRecordsClient(KinesisClient client) {
        this.client = client;
        this.direct = direct(client);
    }

    /** Null for a client with more of its own than {@link KinesisClients} sets: that must see every request. */
    private static @Nullable DirectPutRecords direct(KinesisClient client) {
        try {
            ClientOverrideConfiguration configuration =
                    client.serviceClientConfiguration().overrideConfiguration();
            List<ExecutionInterceptor> interceptors = configuration.executionInterceptors().stream()
                    .filter(interceptor -> !interceptor.getClass().getName().startsWith("software.amazon.awssdk."))
                    .toList();
            return interceptors.size() == 1
                            && interceptors.get(0) instanceof DirectPutRecords direct
                            && configuration.metricPublishers().isEmpty()
                            && direct.sharesHttpClient()
                    ? direct
                    : null;
        } catch (UnsupportedOperationException e) {
            // A wrapper around a client need not tell its configuration.
            return null;
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
            DirectPutRecords.Template template = direct == null ? null : direct.template(request.stream());
            results = direct == null || template == null
                    ? sendBySdk(request, timeout)
                    : direct.send(template, request, timeout, client.serviceClientConfiguration());
        } catch (RuntimeException e) {
            if (direct != null) {
                direct.forget(request.stream());
            }
            return new RequestFailed(request, Failure.ofRequest(e));
        }
        if (results.size() != request.size()) {
            String message = results.size() + " results for " + request.size() + " records";
            return new RequestFailed(request, new Failure(Failure.Kind.TRANSIENT, "MismatchedReply", message));
        }
        return new Answered(request, results);
    }

    private List<EntryResult> sendBySdk(Request request, Duration timeout) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(request.size());
        for (int n = 0; n < request.size(); n++) {
            RequestEntry entry = request.entry(n);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.partitionKey())
                    .explicitHashKey(entry.explicitHashKey())
                    .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                    .build());
        }
        DirectPutRecords.Capture capture = new DirectPutRecords.Capture();
        List<PutRecordsResultEntry> results = client.putRecords(to(request.stream())
                        .records(entries)
                        .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                                .apiCallTimeout(timeout)
                                .putExecutionAttribute(capture.attribute(), capture)
                                .build())
                        .build())
                .records();
        if (direct != null) {
            direct.learn(request.stream(), capture);
        }
        return results.stream().map(EntryResult::of).toList();
    }

    private static PutRecordsRequest.Builder to(String stream) {
        PutRecordsRequest.Builder request = PutRecordsRequest.builder();
        return isArn(stream) ? request.streamARN(stream) : request.streamName(stream);
    }

    static boolean isArn(String stream) {
        return stream.startsWith("arn:");
    }
}
