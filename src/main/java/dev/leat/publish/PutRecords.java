package dev.leat.publish;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** Sends one request by the SDK and waits for its answer. Safe for use by several threads. */
final class PutRecords {

    private final KinesisClient client;

    PutRecords(KinesisClient client) {
        this.client = client;
    }

    /**
     * @param timeout after which the client has given up; the service may still apply the request
     */
    Landing send(Flight flight, Duration timeout) {
        List<PutRecordsResultEntry> results;
        try {
            results = client.putRecords(request(flight, timeout)).records();
        } catch (RuntimeException e) {
            return new Landing.Failed(flight, Failure.ofRequest(e));
        }
        if (results.size() != flight.size()) {
            String told = results.size() + " results for " + flight.size() + " records";
            return new Landing.Failed(flight, new Failure(Verdict.TRANSIENT, "MismatchedReply", told));
        }
        return new Landing.Answered(flight, new Results(results));
    }

    private static PutRecordsRequest request(Flight flight, Duration timeout) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>(flight.size());
        for (int n = 0; n < flight.size(); n++) {
            Entry entry = flight.entry(n);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.partitionKey())
                    .explicitHashKey(entry.explicitHashKey())
                    .data(SdkBytes.fromByteArrayUnsafe(entry.data()))
                    .build());
        }
        PutRecordsRequest.Builder request = PutRecordsRequest.builder()
                .records(entries)
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(timeout)
                        .build());
        return (isArn(flight.stream()) ? request.streamARN(flight.stream()) : request.streamName(flight.stream()))
                .build();
    }

    static boolean isArn(String stream) {
        return stream.startsWith("arn:");
    }

    /** The entries as the service answered them; one that says neither yes nor no counts as not acknowledged. */
    private record Results(List<PutRecordsResultEntry> entries) implements Reply {

        @Override
        public @Nullable String errorCode(int entry) {
            PutRecordsResultEntry result = entries.get(entry);
            boolean complete = result.sequenceNumber() != null && result.shardId() != null;
            return result.errorCode() != null ? result.errorCode() : complete ? null : "IncompleteReply";
        }

        @Override
        public @Nullable String errorMessage(int entry) {
            return entries.get(entry).errorMessage();
        }

        @Override
        public String shardId(int entry) {
            return entries.get(entry).shardId();
        }

        @Override
        public String sequenceNumber(int entry) {
            return entries.get(entry).sequenceNumber();
        }
    }
}
