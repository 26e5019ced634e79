package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PollIntervalTest {

    private static final Duration BUSY = Duration.ofMillis(3);
    private static final Duration IDLE = Duration.ofMillis(20);

    private final PollInterval pollInterval = new PollInterval(BUSY, IDLE);

    @Test
    void restsGrowWithTheQuietFromTheBusyIntervalToTheIdleOne() {
        assertThat(rests(50)).containsOnly(3L);
        long quiet = 150;
        for (int look = 0; look < 300; look++) {
            long pause = pollInterval.next().toMillis();
            assertThat(pause).isBetween(Math.min(20, quiet / 50), Math.min(20, quiet / 50 + 1));
            quiet += pause;
        }
        assertThat(pollInterval.next()).isEqualTo(IDLE);
    }

    @Test
    void eventsBringItBackToTheBusyInterval() {
        rests(500);
        pollInterval.claimed(1, false);
        assertThat(rests(3)).containsExactly(3L, 3L, 3L);
    }

    @Test
    void aClaimThatBroughtNothingChangesNothing() {
        rests(500);
        pollInterval.claimed(0, false);
        assertThat(pollInterval.next()).isEqualTo(IDLE);
    }

    @Test
    void afterAFullClaimThereIsNoRestOnceAndThenTheBusyInterval() {
        rests(500);
        pollInterval.claimed(2000, true);
        assertThat(rests(3)).containsExactly(0L, 3L, 3L);
    }

    @Test
    void aFullClaimOfNothingButWaitingEventsCountsAsFull() {
        pollInterval.claimed(0, true);
        assertThat(pollInterval.next()).isZero();
    }

    @Test
    void aFullClaimIsForgottenWhenTheNextIsNot() {
        pollInterval.claimed(2000, true);
        pollInterval.claimed(5, false);
        assertThat(pollInterval.next()).isEqualTo(BUSY);
    }

    @Test
    void aBusyIntervalOfZeroNeverRestsAfterEvents() {
        PollInterval eager = new PollInterval(Duration.ZERO, IDLE);
        eager.claimed(1, false);
        assertThat(eager.next()).isZero();
    }

    private long[] rests(int count) {
        long[] millis = new long[count];
        for (int i = 0; i < count; i++) {
            millis[i] = pollInterval.next().toMillis();
        }
        return millis;
    }
}
