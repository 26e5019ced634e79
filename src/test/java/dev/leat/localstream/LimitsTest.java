package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class LimitsTest {

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
    void aRecordMayBeAsLargeAsTheStreamAllows() {
        client.createStream(b -> b.streamName("large").shardCount(1).maxRecordSizeInKiB(10_240));
        put("large", "k", new byte[(10 << 20) - 1]);
        assertThat(errorCode(() -> put("large", "kk", new byte[(10 << 20) - 1])))
                .isEqualTo("InvalidArgumentException");
        client.updateMaxRecordSize(b -> b.streamARN("arn:aws:kinesis:us-east-1:000000000000:stream/large")
                .maxRecordSizeInKiB(1_024));
        put("large", "k", new byte[(1 << 20) - 1]);
        assertThat(errorCode(() -> put("large", "kk", new byte[(1 << 20) - 1]))).isEqualTo("InvalidArgumentException");
    }

    @Test
    void aPartitionKeyIsCountedInCharactersNotInBytesOrChars() {
        stream.createStream("keys", 1);
        put("keys", "\uD83D\uDD11".repeat(256), new byte[1]);
        assertThat(errorCode(() -> put("keys", "\uD83D\uDD11".repeat(257), new byte[1])))
                .isEqualTo("ValidationException");
    }

    @Test
    void anIteratorExpiresAfterFiveMinutes() {
        stream.createStream("s", 2);
        String iterator = Clients.iterator(client, "s", "shardId-000000000000", ShardIteratorType.LATEST);
        clock.advance(Duration.ofMinutes(5));
        client.getRecords(b -> b.shardIterator(iterator));
        clock.advance(Duration.ofMillis(1));
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("ExpiredIteratorException");
    }

    @Test
    void aPageTokenExpiresAfterFiveMinutes() {
        stream.createStream("s", 2);
        String token = client.listShards(b -> b.streamName("s").maxResults(1)).nextToken();
        clock.advance(Duration.ofMinutes(5));
        assertThat(client.listShards(b -> b.nextToken(token)).shards()).hasSize(1);
        clock.advance(Duration.ofMillis(1));
        assertThat(errorCode(() -> client.listShards(b -> b.nextToken(token)))).isEqualTo("ExpiredNextTokenException");
    }

    private void put(String stream, String key, byte[] data) {
        client.putRecord(b -> b.streamName(stream).partitionKey(key).data(SdkBytes.fromByteArray(data)));
    }
}
