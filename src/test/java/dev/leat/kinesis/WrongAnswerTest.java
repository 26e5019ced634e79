package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.StreamRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

final class WrongAnswerTest {

    private final StreamState pace = new StreamState();

    @Test
    void aReplyWithTheWrongNumberOfEntriesSaysNothingOfAnyRecord() {
        Completion landing =
                new PutRecordsClient(answering(List.of(acknowledged(1)))).send(flightOfTwo(), Duration.ofSeconds(1));

        assertThat(landing).isInstanceOfSatisfying(Completion.Failed.class, failed -> {
            assertThat(failed.failure().verdict()).isEqualTo(Verdict.TRANSIENT);
            assertThat(failed.failure().code()).isEqualTo("MismatchedReply");
        });
    }

    @Test
    void anEntryThatSaysNeitherYesNorNoIsNotAcknowledged() {
        List<PutRecordsResultEntry> results =
                List.of(acknowledged(1), PutRecordsResultEntry.builder().build());
        Completion landing = new PutRecordsClient(answering(results)).send(flightOfTwo(), Duration.ofSeconds(1));

        assertThat(landing).isInstanceOfSatisfying(Completion.Answered.class, answered -> {
            assertThat(answered.reply().errorCode(0)).isNull();
            assertThat(answered.reply().errorCode(1)).isEqualTo("IncompleteReply");
        });
    }

    private Request flightOfTwo() {
        StreamRecord[] records = {Records.record(1, "a"), Records.record(2, "b")};
        RecordQueue[] lines = LineUp.of(records, Aggregation.none()).toArray(RecordQueue[]::new);
        for (RecordQueue line : lines) {
            line.board(new RecordLimits(1 << 20, stream -> 1 << 20), new TruncateBarriers(records));
        }
        return new Request(new ReadyQueues(Records.STREAM, pace), lines, 0, 2, 0);
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
