package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ShardMapTest {

    @Test
    void aLaneWithinAShardIsThatShardsAlone() {
        ShardMap ranges = evenly(4);
        assertThat(IntStream.range(0, 64).mapToObj(ranges::ofLane))
                .containsExactlyElementsOf(IntStream.range(0, 64)
                        .mapToObj(lane -> List.of("shard-" + lane / 16))
                        .toList());
    }

    @Test
    void aLaneThatABoundaryCutsIsOfTwoShardsAndARecordsHashDecides() {
        ShardMap ranges = evenly(5);
        assertThat(ranges.ofLane(12)).containsExactly("shard-0", "shard-1");
        assertThat(ranges.ofLane(51)).containsExactly("shard-3", "shard-4");
        for (int n = 0; n < 200; n++) {
            String key = "key-" + n;
            assertThat(ranges.ofLane(Records.laneOf(key)))
                    .contains(ranges.of(RequestEntry.Single.of(Records.record(1, key))));
        }
        // The markers of a lane lie in its middle: 12.5 and 51.5 of 64, boundaries at 12.8 and 51.2.
        assertThat(ranges.of(RequestEntry.Single.of(Records.truncate(1, 12)))).isEqualTo("shard-0");
        assertThat(ranges.of(RequestEntry.Single.of(Records.truncate(1, 51)))).isEqualTo("shard-4");
    }

    @Test
    void ofMoreShardsThanLanesALaneHasSeveral() {
        ShardMap ranges = evenly(256);
        assertThat(ranges.ofLane(63)).containsExactly("shard-252", "shard-253", "shard-254", "shard-255");
        assertThat(ranges.has("shard-255")).isTrue();
        assertThat(ranges.has("shard-256")).isFalse();
    }

    private static ShardMap evenly(int shards) {
        Map<String, BigInteger> starts = new HashMap<>();
        for (int n = 0; n < shards; n++) {
            starts.put(
                    "shard-" + n,
                    BigInteger.ONE
                            .shiftLeft(128)
                            .multiply(BigInteger.valueOf(n))
                            .divide(BigInteger.valueOf(shards)));
        }
        return new ShardMap(starts);
    }
}
