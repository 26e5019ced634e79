package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.pipeline.Lanes;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlowLanesTest {

    private static final Lanes LANE_5 = Lanes.of(Set.of(5));

    private final LaneMemory memory = new LaneMemory(0);
    private final SlowLanes lanes = new SlowLanes(memory);
    private final Object one = new Object();
    private final Object other = new Object();

    @Test
    void nothingIsLeftOutWhileWhatIsReadIsDelivered() {
        workers(2);
        passed(5, 0);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(Lanes.NONE);
        assertThat(lanes.next(other, Lanes.NONE)).isEqualTo(Lanes.NONE);
    }

    @Test
    void oneWorkerKeepsTheSlowLanesAndOthersLeaveThemOut() {
        workers(2);
        passed(5, 1);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(LANE_5.others());
        assertThat(lanes.next(other, Lanes.NONE)).isEqualTo(LANE_5);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(LANE_5.others());
        assertThat(lanes.notFor(one, Lanes.NONE)).isEqualTo(LANE_5.others());
        assertThat(lanes.notFor(other, Lanes.NONE)).isEqualTo(LANE_5);
    }

    @Test
    void aLaneThatHasCaughtUpIsLikeTheOthers() {
        workers(2);
        passed(5, 1);
        lanes.next(one, Lanes.NONE);
        passed(5, 0);
        assertThat(lanes.notFor(one, Lanes.NONE)).isEqualTo(Lanes.NONE);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(Lanes.NONE);
        assertThat(lanes.next(other, Lanes.NONE)).isEqualTo(Lanes.NONE);
    }

    /** Or the others would leave it out for a keeper that waits. */
    @Test
    void aLaneThatWasNotReadWholeIsNoLongerSlow() {
        workers(2);
        passed(5, 1);
        lanes.next(one, Lanes.NONE);
        memory.unread(5);
        assertThat(lanes.next(other, Lanes.NONE)).isEqualTo(Lanes.NONE);
    }

    @Test
    void aWorkerAloneTakesTurns() {
        workers(1);
        passed(5, 1);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(LANE_5.others());
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(LANE_5);
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(LANE_5.others());
        assertThat(lanes.notFor(one, Lanes.NONE)).isEqualTo(Lanes.NONE);
    }

    @Test
    void noWorkerClaimsLanesThatBackOff() {
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
        lanes.next(one, Lanes.NONE);
        lanes.got(one, Set.of(7));
        assertThat(lanes.next(other, Lanes.NONE)).isEqualTo(Lanes.of(Set.of(7)));
        lanes.got(other, Set.of(5));
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(Lanes.of(Set.of(7)).others());
    }

    @Test
    void manyLanesThatAreBehindAreABacklogAndNotSlow() {
        workers(2);
        for (int lane = 0; lane < 9; lane++) {
            passed(lane, 1);
        }
        assertThat(lanes.next(one, Lanes.NONE)).isEqualTo(Lanes.NONE);
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
