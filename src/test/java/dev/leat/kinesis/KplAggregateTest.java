package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.consume.Unpacker;
import dev.leat.pipeline.StreamRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Aggregates must be readable by the Kinesis Client Library's own code. */
final class KplAggregateTest {

    private static final int ROUNDS = 300;
    private static final String[] LETTERS = {"a", "7", ".", "é", "ẞ", "\uD83D\uDE80"};
    private static final int[] SIZES = {0, 1, 126, 127, 128, 129, 500, 16_382, 16_383, 16_384, 70_000};

    @Test
    void theKinesisClientLibraryDeaggregatesEveryAggregate() {
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        System.out.println("KplAggregateTest: -Dleat.test.seed=" + seed);
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(seed + round);
            int lane = random.nextInt(64);
            int most = 5_000 + random.nextInt(1 << 20);
            KplAggregate aggregate = new KplAggregate(RequestEntry.LaneKey.of(lane), most);
            List<StreamRecord> in = fill(aggregate, random);
            String label = "seed " + (seed + round);

            byte[] data = aggregate.data();

            assertThat(aggregate.bytes())
                    .as(label)
                    .isEqualTo(data.length + aggregate.partitionKey().length())
                    .isLessThanOrEqualTo(most);
            // The narrowest shard that a lane's middle can be in: that one point.
            List<KinesisClientRecord> out = new AggregatorUtil()
                    .deaggregate(
                            List.of(received(aggregate, data)),
                            aggregate.explicitHashKey(),
                            aggregate.explicitHashKey());
            assertSame(label, in, out, aggregate.explicitHashKey());
            List<byte[]> own = Unpacker.unpack(data);
            assertThat(own).as(label).hasSameSizeAs(in);
            for (int n = 0; n < in.size(); n++) {
                assertThat(own.get(n)).as(label).isEqualTo(in.get(n).data());
            }
        }
    }

    /** As many as go in, or fewer. */
    private static List<StreamRecord> fill(KplAggregate aggregate, Random random) {
        List<String> keys = new ArrayList<>();
        for (int n = 1 + random.nextInt(300); n > 0; n--) {
            keys.add(key(random));
        }
        List<StreamRecord> in = new ArrayList<>();
        for (int n = 1 + random.nextInt(1_000); n > 0; n--) {
            int size = random.nextInt(8) == 0 ? SIZES[random.nextInt(SIZES.length)] : random.nextInt(700);
            byte[] data = new byte[size];
            random.nextBytes(data);
            String key = keys.get(random.nextInt(keys.size()));
            StreamRecord record =
                    new StreamRecord(Records.record(in.size(), key).event(), Records.STREAM, data);
            if (!aggregate.add(record, RecordLimits.keyBytes(key))) {
                break;
            }
            in.add(record);
        }
        return in;
    }

    private static String key(Random random) {
        int length = random.nextInt(10) == 0 ? 256 : 1 + random.nextInt(40);
        StringBuilder key = new StringBuilder();
        for (int n = 0; n < length; n++) {
            key.append(LETTERS[random.nextInt(LETTERS.length)]);
        }
        return key.toString();
    }

    private static void assertSame(
            String label, List<StreamRecord> in, List<KinesisClientRecord> out, @Nullable String hashKey) {
        assertThat(out).as(label).hasSameSizeAs(in);
        for (int n = 0; n < in.size(); n++) {
            KinesisClientRecord record = out.get(n);
            byte[] data = new byte[record.data().remaining()];
            record.data().get(data);
            assertThat(data).as(label).isEqualTo(in.get(n).data());
            assertThat(record.partitionKey()).as(label).isEqualTo(in.get(n).partitionKey());
            assertThat(record.explicitHashKey()).as(label).isEqualTo(hashKey);
            assertThat(record.subSequenceNumber()).as(label).isEqualTo(n);
            assertThat(record.aggregated()).as(label).isTrue();
        }
    }

    private static KinesisClientRecord received(RequestEntry entry, byte[] data) {
        return KinesisClientRecord.builder()
                .sequenceNumber("49590338271490256608559692538361571095921575989136588898")
                .approximateArrivalTimestamp(Instant.EPOCH)
                .partitionKey(entry.partitionKey())
                .data(ByteBuffer.wrap(data))
                .build();
    }

    @Test
    void everyBytesChangeIsNoticedByTheChecksum() {
        KplAggregate aggregate = new KplAggregate(RequestEntry.LaneKey.of(3), 1 << 20);
        aggregate.add(Records.record(1, "a"), 1);
        aggregate.add(Records.record(2, "b"), 1);
        byte[] sound = aggregate.data();
        for (int at = 0; at < sound.length; at++) {
            byte[] spoiled = Arrays.copyOf(sound, sound.length);
            spoiled[at] ^= 1;

            assertThat(Unpacker.unpack(spoiled)).containsExactly(spoiled);
        }
    }

    @Test
    void anEventsKeyStandsInTheTableOnce() {
        KplAggregate one = new KplAggregate(RequestEntry.LaneKey.of(0), 1 << 20);
        KplAggregate two = new KplAggregate(RequestEntry.LaneKey.of(0), 1 << 20);
        String key = "k".repeat(200);
        one.add(Records.record(1, key), 200);
        two.add(Records.record(1, key), 200);
        two.add(Records.record(2, key), 200);

        assertThat(two.bytes() - one.bytes()).isLessThan(Records.record(2, key).data().length + 20L);
        assertThat(new String(two.data(), StandardCharsets.ISO_8859_1).split(key, -1))
                .as("in the table, and in either event's data")
                .hasSize(4);
    }
}
