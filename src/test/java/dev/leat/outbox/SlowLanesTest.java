package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlowLanesTest {

    private static final long LANE_5 = 1L << 5;

    private final LaneMemory memory = new LaneMemory(0);
    private final SlowLanes lanes = new SlowLanes(memory);
    private final Object one = new Object();
    private final Object other = new Object();

    @Test
    void nothingIsLeftOutWhileWhatIsReadIsDelivered() {
        workers(2);
        passed(5, 0);
        assertThat(lanes.next(one, 0)).isZero();
        assertThat(lanes.next(other, 0)).isZero();
    }

    @Test
    void oneWorkerKeepsTheSlowLanesAndOthersLeaveThemOut() {
        workers(2);
        passed(5, 1);
        assertThat(lanes.next(one, 0)).isEqualTo(~LANE_5);
        assertThat(lanes.next(other, 0)).isEqualTo(LANE_5);
        assertThat(lanes.next(one, 0)).isEqualTo(~LANE_5);
        assertThat(lanes.notFor(one, 0)).isEqualTo(~LANE_5);
        assertThat(lanes.notFor(other, 0)).isEqualTo(LANE_5);
    }

    @Test
    void aLaneThatHasCaughtUpIsLikeTheOthers() {
        workers(2);
        passed(5, 1);
        lanes.next(one, 0);
        passed(5, 0);
        assertThat(lanes.notFor(one, 0)).isZero();
        assertThat(lanes.next(one, 0)).isZero();
        assertThat(lanes.next(other, 0)).isZero();
    }

    /** Or the others would leave it out for a keeper that has gone to rest. */
    @Test
    void aLaneThatWasNotReadWholeIsNoLongerSlow() {
        workers(2);
        passed(5, 1);
        lanes.next(one, 0);
        memory.unread(5);
        assertThat(lanes.next(other, 0)).isZero();
    }

    @Test
    void aWorkerAloneTakesTurns() {
        workers(1);
        passed(5, 1);
        assertThat(lanes.next(one, 0)).isEqualTo(~LANE_5);
        assertThat(lanes.next(one, 0)).isEqualTo(LANE_5);
        assertThat(lanes.next(one, 0)).isEqualTo(~LANE_5);
        assertThat(lanes.notFor(one, 0)).isZero();
    }

    @Test
    void lanesThatRestAreNobodys() {
        workers(2);
        passed(5, 1);
        assertThat(lanes.next(one, LANE_5)).isEqualTo(LANE_5);
        assertThat(lanes.notFor(one, LANE_5)).isEqualTo(LANE_5);
    }

    @Test
    void aSlowLaneThatAnotherPollerHoldsIsLeftToIt() {
        workers(2);
        passed(5, 1);
        passed(7, 1);
        lanes.next(one, 0);
        lanes.got(one, Set.of(7));
        assertThat(lanes.next(other, 0)).isEqualTo(1L << 7);
        lanes.got(other, Set.of(5));
        assertThat(lanes.next(one, 0)).isEqualTo(~(1L << 7));
    }

    @Test
    void manyLanesThatAreBehindAreABacklogAndNotSlow() {
        workers(2);
        for (int lane = 0; lane < 9; lane++) {
            passed(lane, 1);
        }
        assertThat(lanes.next(one, 0)).isZero();
    }

    private void workers(int count) {
        for (int i = 0; i < count; i++) {
            lanes.join();
        }
    }

    private void passed(int lane, int left) {
        OptionalLong first = left == 0 ? OptionalLong.empty() : OptionalLong.of(10);
        memory.settled(memory.generation(), lane, 20, 20, new LaneMemory.Settled(2, OptionalLong.empty(), left, first));
    }
}
