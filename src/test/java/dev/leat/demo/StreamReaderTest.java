package dev.leat.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.Await;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;

class StreamReaderTest {

    private static final String MIDDLE = "170141183460469231731687303715884105728";

    @AutoClose
    private final TestStream stream = new TestStream(1);

    private final List<String> read = new CopyOnWriteArrayList<>();

    private void put(int from, int to) {
        for (int n = from; n < to; n++) {
            String text = Integer.toString(n);
            for (String key : List.of("a", "b", "c", "d")) {
                stream.client()
                        .putRecord(request -> request.streamName(TestStream.NAME)
                                .partitionKey(key)
                                .data(SdkBytes.fromUtf8String(text)));
            }
        }
    }

    private StreamReader reader() {
        return new StreamReader(
                stream.client(), TestStream.NAME, Duration.ofMillis(5), record -> read.add(text(record)));
    }

    private static String text(Record record) {
        return record.partitionKey() + record.data().asUtf8String();
    }

    @Test
    void everyKeyIsReadInOrderThroughASplitAndAMerge() {
        put(0, 20);
        try (StreamReader reader = reader()) {
            reader.start();
            stream.client()
                    .splitShard(request -> request.streamName(TestStream.NAME)
                            .shardToSplit("shardId-000000000000")
                            .newStartingHashKey(MIDDLE));
            put(20, 40);
            stream.client()
                    .mergeShards(request -> request.streamName(TestStream.NAME)
                            .shardToMerge("shardId-000000000001")
                            .adjacentShardToMerge("shardId-000000000002"));
            put(40, 60);
            Await.until("all records", Duration.ofSeconds(20), () -> read.size() >= 240);
            reader.check();
        }
        for (String key : List.of("a", "b", "c", "d")) {
            assertThat(read.stream().filter(text -> text.startsWith(key)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 60).mapToObj(n -> key + n).toList());
        }
    }

    @Test
    void whatTheConsumerThrowsIsNotLost() {
        put(0, 1);
        try (StreamReader reader = new StreamReader(stream.client(), TestStream.NAME, Duration.ofMillis(5), record -> {
            throw new IllegalStateException("no " + text(record));
        })) {
            reader.start();
            Await.until("the failure", Duration.ofSeconds(20), () -> failed(reader));
            assertThatThrownBy(reader::check).hasMessage("no a0");
        }
    }

    private static boolean failed(StreamReader reader) {
        try {
            reader.check();
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }
}
