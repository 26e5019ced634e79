package dev.leat.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.localstream.Faults;
import dev.leat.testkit.TestStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;

@Timeout(60)
class ShardsReaderTest {

    /** More than an answer holds. */
    private static final int MANY = 10_500;

    @AutoClose
    private final TestStream stream = new TestStream(1);

    private final List<String> read = new ArrayList<>();

    private void put(int from, int count) {
        for (int begin = from; begin < from + count; begin += 500) {
            List<PutRecordsRequestEntry> entries = IntStream.range(begin, begin + 500)
                    .mapToObj(i -> PutRecordsRequestEntry.builder()
                            .partitionKey("key")
                            .data(SdkBytes.fromUtf8String(Integer.toString(i)))
                            .build())
                    .toList();
            stream.client()
                    .putRecords(request -> request.streamName(TestStream.NAME).records(entries));
        }
    }

    private void split(String shardId, String at) {
        stream.client()
                .splitShard(request -> request.streamName(TestStream.NAME)
                        .shardToSplit(shardId)
                        .newStartingHashKey(at));
    }

    private ShardsReader reader() {
        return new ShardsReader(
                stream.client(), TestStream.NAME, null, new ReadPace(200, 1 << 30), (record, position) -> take(record));
    }

    private void take(Record record) {
        read.add(record.data().asUtf8String());
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    @Test
    void aShardIsReadToItsEndBeforeItsChildren() {
        put(0, MANY);
        split("shardId-000000000000", "1000");
        put(MANY, MANY);
        split("shardId-000000000002", "170141183460469231731687303715884105728");
        put(2 * MANY, 500);
        ShardsReader reader = reader();
        reader.read(() -> reader.endSeenSince(0));
        assertThat(read).isEqualTo(numbers(2 * MANY + 500));
        assertThat(reader.shards()).isEqualTo(5);
        assertThat(reader.records()).isEqualTo(2 * MANY + 500);
    }

    @Test
    @Tag("full")
    void requestsThatFailForATimeAreMadeAgain() {
        put(0, 1_000);
        stream.local()
                .faults(Faults.none()
                        .failingRequests(0.3)
                        .on("GetRecords", "GetShardIterator", "ListShards")
                        .seed(3));
        ShardsReader reader = reader();
        reader.read(() -> reader.records() == 1_000 && stream.local().faultsInjected() > 2);
        assertThat(read).isEqualTo(numbers(1_000));
    }

    @Test
    void placesAreReadAgain() {
        put(0, MANY);
        split("shardId-000000000000", "1000");
        put(MANY, 500);
        List<Integer> positions = new ArrayList<>();
        ShardsReader reader = new ShardsReader(
                stream.client(),
                TestStream.NAME,
                null,
                new ReadPace(200, 1 << 30),
                (record, position) -> positions.add(position));
        reader.read(() -> reader.endSeenSince(0));
        assertThat(positions).hasSize(MANY + 500).startsWith(0).endsWith(2);
        reader.again(List.of(1), (record, position) -> take(record));
        assertThat(read).isEqualTo(numbers(MANY).subList(10_000, MANY));
    }

    @Test
    void aStreamThatIsDeletedMeanwhileIsToldOf() {
        put(0, 500);
        ShardsReader reader = reader();
        reader.read(() -> reader.endSeenSince(0));
        stream.client().deleteStream(request -> request.streamName(TestStream.NAME));
        assertThatThrownBy(() -> reader.read(() -> false))
                .isInstanceOf(StreamUnreadable.class)
                .hasMessageContaining("begin later, by --stream-from <timestamp>");
        assertThatThrownBy(() -> reader().read(() -> false))
                .isInstanceOf(StreamUnreadable.class)
                .hasMessageContaining("stream changes does not exist any more");
    }
}
