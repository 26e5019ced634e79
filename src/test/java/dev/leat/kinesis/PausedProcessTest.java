package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import dev.leat.pipeline.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

final class PausedProcessTest {

    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();

    @Test
    void aProcessPausedBeforeASendPublishesNothingWhenItWakes() {
        RequestScheduler scheduler = new Schedulers()
                .of(List.of(Records.record(1, "a"), Records.record(2, "b")), new PollerListener() {
                    @Override
                    public void retrying(String stream, RequestFailure failure, int entries, Duration pause) {
                        requests.incrementAndGet();
                    }
                });
        Deadline deadline = Deadline.in(Duration.ofSeconds(5), clock::get);
        PublishRun run = new PublishRun(
                scheduler,
                new PutRecordsClient(counting()),
                send -> {
                    clock.addAndGet(Duration.ofMillis(4_990).toNanos());
                    send.run();
                },
                deadline,
                clock::get,
                PublishSettings.defaults());

        assertThat(run.run()).hasSize(2).hasOnlyElementsOfType(Outcome.TryLater.class);
        assertThat(requests).hasValue(0);
    }

    private KinesisClient counting() {
        return new KinesisClient() {
            @Override
            public PutRecordsResponse putRecords(PutRecordsRequest request) {
                requests.incrementAndGet();
                throw new IllegalStateException("sent after the deadline");
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
