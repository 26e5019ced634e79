package dev.leat.localstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;

class TrimmingTest {

    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock));
    private final KinesisClient client = Clients.of(stream.endpoint());

    @AfterEach
    void stop() {
        client.close();
        stream.close();
    }

    @Test
    void recordsOlderThanTheRetentionPeriodAreGone() {
        stream.createStream("s", 1);
        client.putRecords(b -> b.streamName("s").records(Clients.entry("k", "old")));
        clock.advance(Duration.ofHours(23));
        client.putRecords(b -> b.streamName("s").records(Clients.entry("k", "new")));
        assertThat(read()).containsExactly("old", "new");
        clock.advance(Duration.ofHours(2));
        assertThat(read()).containsExactly("new");
        assertThat(stream.trimmedCount("s")).isEqualTo(1);
    }

    @Test
    void theOldestRecordsGoWhenMemoryIsShort() {
        try (LocalStream small =
                        LocalStream.start(0, LocalStreamOptions.defaults().withMaxBytesPerStream(100_000));
                KinesisClient toSmall = Clients.of(small.endpoint())) {
            small.createStream("s", 2);
            for (int i = 0; i < 300; i++) {
                String key = Integer.toString(i);
                toSmall.putRecord(
                        b -> b.streamName("s").partitionKey(key).data(SdkBytes.fromUtf8String("x".repeat(2_000))));
            }
            assertThat(small.recordCount("s")).isEqualTo(300);
            List<KeptRecord> kept = small.records("s");
            assertThat(kept).hasSize((int) (300 - small.trimmedCount("s"))).hasSizeBetween(40, 60);
            assertThat(kept.get(kept.size() - 1).partitionKey()).startsWith("299");
            assertThat(kept.get(0).partitionKey()).startsWith(Integer.toString(300 - kept.size()));
        }
    }

    private List<String> read() {
        return Clients.readAll(client, "s", "shardId-000000000000").stream()
                .map(r -> r.data().asUtf8String())
                .toList();
    }
}
