package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

final class WrongAnswerTest {

    @Test
    void anAnswerWithTheWrongNumberOfResultsSaysNothingOfAnyRecord() {
        PutRecordsClient.Completion completion =
                new PutRecordsClient(answering(List.of(acknowledged(1)))).send(requestOfTwo(), Duration.ofSeconds(1));

        assertThat(completion).isInstanceOfSatisfying(PutRecordsClient.RequestFailed.class, failed -> {
            assertThat(failed.failure().kind()).isEqualTo(Failure.Kind.TRANSIENT);
            assertThat(failed.failure().code()).isEqualTo("MismatchedReply");
        });
    }

    @Test
    void anEntryWithNeitherErrorNorSequenceNumberIsNotAcknowledged() {
        List<PutRecordsResultEntry> results =
                List.of(acknowledged(1), PutRecordsResultEntry.builder().build());
        PutRecordsClient.Completion completion =
                new PutRecordsClient(answering(results)).send(requestOfTwo(), Duration.ofSeconds(1));

        assertThat(completion).isInstanceOfSatisfying(PutRecordsClient.Answered.class, answered -> {
            assertThat(answered.results().get(0).errorCode()).isNull();
            assertThat(answered.results().get(1).errorCode()).isEqualTo("IncompleteReply");
        });
    }

    private static Request requestOfTwo() {
        Request request = new Schedulers()
                .of(List.of(Records.record(1, "a"), Records.record(2, "b")), new PollerListener() {})
                .next(0);
        return Objects.requireNonNull(request);
    }

    private static PutRecordsResultEntry acknowledged(int sequence) {
        return PutRecordsResultEntry.builder()
                .shardId("s")
                .sequenceNumber("" + sequence)
                .build();
    }

    private static KinesisClient answering(List<PutRecordsResultEntry> results) {
        return new KinesisClient() {
            @Override
            public PutRecordsResponse putRecords(PutRecordsRequest request) {
                return PutRecordsResponse.builder().records(results).build();
            }

            @Override
            public String serviceName() {
                return "kinesis";
            }

            @Override
            public void close() {}
        };
    }
}
