package dev.leat.claim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PacerTest {

    private static final Duration BUSY = Duration.ofMillis(3);
    private static final Duration IDLE = Duration.ofMillis(20);

    private final Pacer pacer = new Pacer(BUSY, IDLE);

    @Test
    void restsGrowWithTheQuietFromTheBusyIntervalToTheIdleOne() {
        assertThat(rests(50)).containsOnly(3L);
        long quiet = 150;
        for (int look = 0; look < 300; look++) {
            long rest = pacer.rest().toMillis();
            assertThat(rest).isBetween(Math.min(20, quiet / 50), Math.min(20, quiet / 50 + 1));
            quiet += rest;
        }
        assertThat(pacer.rest()).isEqualTo(IDLE);
    }

    @Test
    void eventsBringItBackToTheBusyInterval() {
        rests(500);
        pacer.claimed(1, false);
        assertThat(rests(3)).containsExactly(3L, 3L, 3L);
    }

    @Test
    void aClaimThatBroughtNothingChangesNothing() {
        rests(500);
        pacer.claimed(0, false);
        assertThat(pacer.rest()).isEqualTo(IDLE);
    }

    @Test
    void afterAFullClaimThereIsNoRestOnceAndThenTheBusyInterval() {
        rests(500);
        pacer.claimed(2000, true);
        assertThat(rests(3)).containsExactly(0L, 3L, 3L);
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
