package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BackpressureTest {

    private static final Duration OFTEN = Duration.ofMillis(1);
    private static final Duration RARELY = Duration.ofMillis(2);

    private final AtomicLong now = new AtomicLong();
    private final Backpressure backpressure = new Backpressure(
            new Backpressure.Limits(1_000, 10_000_000, RARELY),
            new Backpressure.Limits(100, 1_000_000, OFTEN),
            now::get);

    @Test
    void nothingIsAddedBeforeALook() {
        assertThat(backpressure.rows()).isZero();
    }

    @Test
    void asManyRowsAreAddedAsMayWaitTogetherWithThoseThatDo() {
        backpressure.seen(30, 5_000, 0);
        assertThat(backpressure.rows()).isEqualTo(70);
        backpressure.added(60, 6_000);
        assertThat(backpressure.rows()).isEqualTo(10);
        backpressure.added(10, 1_000);
        assertThat(backpressure.rows()).isZero();
        backpressure.seen(101, 5_000, 0);
        assertThat(backpressure.rows()).isZero();
    }

    @Test
    void largeRowsAreFewerAndOneAtLeast() {
        backpressure.seen(0, 0, 0);
        backpressure.added(1, 500_000);
        backpressure.seen(0, 900_000, 0);
        assertThat(backpressure.rows()).isEqualTo(1);
        backpressure.seen(0, 1_000_000, 0);
        assertThat(backpressure.rows()).isZero();
    }

    @Test
    void moreRowsMayBeAddedOnceManyLooksInARowHaveFoundNoChange() {
        for (int round = 0; round < 2; round++) {
            backpressure.seen(30, 5_000, 1);
            assertThat(backpressure.rows()).isEqualTo(70);
            assertThat(backpressure.untilNextLook()).isEqualTo(OFTEN);
            for (int look = 0; look < 99; look++) {
                backpressure.seen(30, 5_000, 0);
                assertThat(backpressure.rows()).isEqualTo(70);
            }
            backpressure.seen(30, 5_000, 0);
            assertThat(backpressure.rows()).isEqualTo(970);
            assertThat(backpressure.untilNextLook()).isEqualTo(RARELY);
        }
    }

    /** Or a load beside many changes would never end. */
    @Test
    void eachSecondFewRowsMayBeAddedHoweverManyChangesWait() {
        backpressure.seen(999, 9_000_000, 999);
        assertThat(backpressure.rows()).isZero();
        now.addAndGet(1_000_000_000);
        backpressure.seen(999, 9_000_000, 999);
        assertThat(backpressure.rows()).isEqualTo(100);
        backpressure.added(100, 10_000);
        backpressure.seen(999, 9_000_000, 999);
        assertThat(backpressure.rows()).isZero();
    }

    @Test
    void noRowIsAddedWhilePollersAreBehind() {
        now.addAndGet(10_000_000_000L);
        backpressure.seen(1_000, 5_000, 1_000);
        assertThat(backpressure.rows()).isZero();
        backpressure.seen(999, 10_000_000, 999);
        assertThat(backpressure.rows()).isZero();
    }

    @Test
    void aLimitIsOneEventAtLeast() {
        assertThatThrownBy(() -> new Backpressure.Limits(0, 1, OFTEN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Backpressure.Limits(1, 0, OFTEN)).isInstanceOf(IllegalArgumentException.class);
    }
}
