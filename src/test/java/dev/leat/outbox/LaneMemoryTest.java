package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.pipeline.Lanes;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LaneMemoryTest {

    private static final OptionalLong NONE = OptionalLong.empty();

    private final LaneMemory memory = new LaneMemory(5);

    @Test
    void theTurnPassesOnByWhatWasAskedForAndGoesRound() {
        assertThat(new LaneMemory(-1).turn(1)).isEqualTo(63);
        assertThat(memory.turn(32)).isEqualTo(5);
        assertThat(memory.turn(32)).isEqualTo(37);
        assertThat(memory.turn(64)).isEqualTo(5);
        assertThat(memory.turn(1)).isEqualTo(5);
        assertThat(memory.turn(1)).isEqualTo(6);
    }

    @Test
    void aLowIsTheHigherOfWhatIsKnownHereAndInTheRow() {
        assertThat(memory.low(3, 10)).isEqualTo(10);
        assertThat(memory.unstored(3)).isZero();
        whole(3, 40, 40, 0, NONE, 0, NONE);
        assertThat(memory.low(3)).isEqualTo(40);
        assertThat(memory.unstored(3)).isEqualTo(30);
        assertThat(memory.low(3, 12)).isEqualTo(40);
        assertThat(memory.unstored(3)).isEqualTo(28);
        assertThat(memory.low(3, 50)).isEqualTo(50);
        assertThat(memory.low(4)).isZero();
    }

    @Test
    void aLowMovesToTheWatermarkWhenAllWasRead() {
        whole(3, 50, 40, 7, NONE, 0, NONE);
        assertThat(memory.low(3)).isEqualTo(40);
    }

    @Test
    void aLowStopsAtTheLastIdReadAndBeforeTheFirstLeft() {
        whole(3, 50, 40, 7, OptionalLong.of(30), 0, NONE);
        assertThat(memory.low(3)).isEqualTo(30);
        whole(4, 50, 40, 7, OptionalLong.of(30), 2, OptionalLong.of(20));
        assertThat(memory.low(4)).isEqualTo(19);
        whole(5, 50, 40, 7, OptionalLong.of(45), 2, OptionalLong.of(44));
        assertThat(memory.low(5)).isEqualTo(40);
    }

    @Test
    void aLowNeverFalls() {
        whole(3, 40, 40, 0, NONE, 0, NONE);
        whole(3, 45, 20, 1, NONE, 0, NONE);
        assertThat(memory.low(3)).isEqualTo(40);
    }

    @Test
    void allLanesMustHaveBeenSeenEmptyAtWhereTheSequenceStands() {
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            assertThat(memory.drained(7, Lanes.NONE)).isFalse();
            whole(lane, 7, 7, 0, NONE, 0, NONE);
        }
        assertThat(memory.drained(7, Lanes.NONE)).isTrue();
        assertThat(memory.drained(8, Lanes.NONE)).isFalse();
        assertThat(memory.drained(8, Lanes.ALL)).isTrue();
        memory.unread(3);
        assertThat(memory.drained(7, Lanes.NONE.with(3))).isTrue();
        assertThat(memory.drained(7, Lanes.NONE.with(4))).isFalse();
    }

    @Test
    void aLaneIsNotDrainedWhileSomethingOfItIsLeftUnreadOrUnproven() {
        drainAll(7);
        whole(3, 7, 7, 5, OptionalLong.of(6), 0, NONE);
        assertThat(memory.drained(7, Lanes.NONE)).isFalse();
        drainAll(7);
        whole(3, 7, 7, 5, NONE, 1, OptionalLong.of(7));
        assertThat(memory.drained(7, Lanes.NONE)).isFalse();
        drainAll(7);
        whole(3, 7, 6, 5, NONE, 0, NONE);
        assertThat(memory.drained(7, Lanes.NONE)).isFalse();
        drainAll(7);
        memory.unread(3);
        assertThat(memory.drained(7, Lanes.NONE)).isFalse();
    }

    @Test
    void anEmptyOutboxIsDrainedBeforeTheFirstIdWasDrawn() {
        assertThat(memory.drained(0, Lanes.NONE)).isFalse();
        drainAll(0);
        assertThat(memory.drained(0, Lanes.NONE)).isTrue();
    }

    private static Set<Integer> first(int lanes) {
        return IntStream.range(0, lanes).boxed().collect(Collectors.toSet());
    }

    @Test
    void aBatchIsSharedEvenlyWhileNoLaneHasABacklog() {
        assertThat(memory.limit(0, 2000, first(64))).isEqualTo(31);
        assertThat(memory.limit(0, 2000, Set.of(0))).isEqualTo(2000);
        assertThat(memory.limit(0, 10, first(64))).isEqualTo(1);
    }

    @Test
    void lanesWithABacklogShareTheBatchAmongThemAndGetFourEvenSharesAtMost() {
        backlog(32);
        assertThat(memory.limit(63, 2000, first(64))).isEqualTo(62);
        assertThat(memory.limit(31, 2000, first(32))).isEqualTo(62);
        assertThat(memory.limit(63, 2000, Set.of(0, 63))).isEqualTo(2000);
        memory.forget();
        backlog(1);
        assertThat(memory.limit(63, 2000, first(64))).isEqualTo(4 * 31);
        memory.forget();
        backlog(64);
        assertThat(memory.limit(63, 2000, first(64))).isEqualTo(31);
    }

    @Test
    void aLaneOfWhichLittleWasDeliveredIsReadInSmallerBitesUntilAllIs() {
        whole(3, 900, 900, 500, NONE, 400, OptionalLong.of(600));
        assertThat(memory.limit(3, 2000, Set.of(3))).isEqualTo(200);
        whole(3, 900, 900, 200, NONE, 200, OptionalLong.of(600));
        assertThat(memory.limit(3, 2000, Set.of(3))).isEqualTo(16);
        assertThat(memory.limit(4, 2000, Set.of(4))).isEqualTo(2000);
        whole(3, 900, 900, 16, NONE, 0, NONE);
        assertThat(memory.limit(3, 2000, Set.of(3))).isEqualTo(2000);
    }

    @Test
    void nothingIsKnownAfterForgetting() {
        memory.low(3, 5);
        drainAll(7);
        backlog(32);
        whole(3, 900, 900, 500, NONE, 499, OptionalLong.of(600));
        memory.forget();
        assertThat(memory.low(3)).isZero();
        assertThat(memory.unstored(3)).isZero();
        assertThat(memory.drained(0, Lanes.NONE)).isFalse();
        assertThat(memory.limit(3, 2000, first(64))).isEqualTo(31);
    }

    @Test
    void aClaimThatBeganBeforeTheForgettingTeachesNothing() {
        long begun = memory.generation();
        memory.forget();
        memory.settled(begun, 3, 40, 40, new LaneMemory.Settled(0, NONE, 0, NONE));
        assertThat(memory.low(3)).isZero();
    }

    @Test
    void anotherServerIsKnownNothingOf() {
        memory.server(new ClaimStart.ServerHistory(1, 1));
        for (ClaimStart.ServerHistory other :
                List.of(new ClaimStart.ServerHistory(2, 1), new ClaimStart.ServerHistory(2, 2))) {
            drainAll(7);
            assertThat(memory.low(3)).isEqualTo(7);
            long generation = memory.generation();
            memory.server(other);
            assertThat(memory.drained(0, Lanes.NONE)).isFalse();
            assertThat(memory.low(3)).isZero();
            assertThat(memory.generation()).isGreaterThan(generation);
            drainAll(7);
            memory.server(other);
            assertThat(memory.drained(7, Lanes.NONE)).isTrue();
        }
    }

    /** A lane that is read, delivered in part and written to at random: no unsettled event lies at or below its low. */
    @Test
    void noUnsettledEventLiesAtOrBelowTheLow() {
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        System.out.println("LaneMemoryTest: -Dleat.test.seed=" + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            LaneMemory lanes = new LaneMemory(random.nextInt());
            TreeSet<Long> outbox = new TreeSet<>();
            long drawn = 0;
            for (int step = 0; step < 100; step++) {
                for (int more = random.nextInt(5); more > 0; more--) {
                    outbox.add(++drawn);
                }
                long proven = Math.max(lanes.low(9), drawn - random.nextInt(4));
                int limit = 1 + random.nextInt(6);
                long[] read = outbox.tailSet(lanes.low(9), false).stream()
                        .limit(limit)
                        .mapToLong(Long::longValue)
                        .toArray();
                int delivered = random.nextInt(read.length + 1);
                for (int i = 0; i < delivered; i++) {
                    outbox.remove(read[i]);
                }
                lanes.settled(
                        lanes.generation(),
                        9,
                        drawn,
                        proven,
                        new LaneMemory.Settled(
                                read.length,
                                read.length == limit ? OptionalLong.of(read[limit - 1]) : NONE,
                                read.length - delivered,
                                delivered == read.length ? NONE : OptionalLong.of(read[delivered])));
                assertThat(outbox.isEmpty() ? Long.MAX_VALUE : outbox.first())
                        .as("seed %d, round %d, step %d", seed, round, step)
                        .isGreaterThan(lanes.low(9));
                assertThat(lanes.limit(9, 2000, first(1 + random.nextInt(64)))).isBetween(1, 2000);
            }
        }
    }

    private void whole(int lane, long drawn, long proven, int read, OptionalLong cutAt, int left, OptionalLong first) {
        memory.settled(memory.generation(), lane, drawn, proven, new LaneMemory.Settled(read, cutAt, left, first));
    }

    private void drainAll(long drawn) {
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            whole(lane, drawn, drawn, 0, NONE, 0, NONE);
        }
    }

    private void backlog(int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            whole(lane, 900, 900, 31, OptionalLong.of(600), 0, NONE);
        }
    }
}
