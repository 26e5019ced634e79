package dev.leat.claim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PacerTest {

    private static final Duration BUSY = Duration.ofMillis(3);
    private static final Duration IDLE = Duration.ofMillis(20);

    private final Pacer pacer = new Pacer(BUSY, IDLE);

    @Test
    void restsDoubleFromTheBusyIntervalAndStayAtTheIdleOne() {
        assertThat(rests(6)).containsExactly(3L, 6L, 12L, 20L, 20L, 20L);
    }

    @Test
    void aDoubledRestThatMeetsTheIdleIntervalExactlyIsTaken() {
        Pacer even = new Pacer(Duration.ofMillis(5), IDLE);
        assertThat(even.rest()).hasMillis(5);
        assertThat(even.rest()).hasMillis(10);
        assertThat(even.rest()).hasMillis(20);
        assertThat(even.rest()).hasMillis(20);
    }

    @Test
    void eventsBringItBackToTheBusyInterval() {
        rests(5);
        pacer.claimed(1, false);
        assertThat(rests(3)).containsExactly(3L, 6L, 12L);
    }

    @Test
    void aClaimThatBroughtNothingChangesNothing() {
        rests(2);
        pacer.claimed(0, false);
        assertThat(rests(2)).containsExactly(12L, 20L);
    }

    @Test
    void afterAFullClaimThereIsNoRestOnceAndThenTheBusyInterval() {
        rests(4);
        pacer.claimed(2000, true);
        assertThat(rests(3)).containsExactly(0L, 3L, 6L);
    }

    @Test
    void aFullClaimOfNothingButWaitingEventsCountsAsFull() {
        pacer.claimed(0, true);
        assertThat(pacer.rest()).isZero();
    }

    @Test
    void aFullClaimIsForgottenWhenTheNextIsNot() {
        pacer.claimed(2000, true);
        pacer.claimed(5, false);
        assertThat(pacer.rest()).isEqualTo(BUSY);
    }

    @Test
    void aBusyIntervalOfZeroNeverRestsAfterEvents() {
        Pacer eager = new Pacer(Duration.ZERO, IDLE);
        eager.claimed(1, false);
        assertThat(eager.rest()).isZero();
    }

    private long[] rests(int count) {
        long[] millis = new long[count];
        for (int i = 0; i < count; i++) {
            millis[i] = pacer.rest().toMillis();
        }
        return millis;
    }
}
