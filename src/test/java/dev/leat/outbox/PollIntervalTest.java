package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PollIntervalTest {

    private static final Duration LATENCY = Duration.ofMillis(10);

    private final long[] now = {0};
    private final PollInterval pollInterval = new PollInterval(LATENCY, () -> now[0]);

    @Test
    void aWaitIsTwiceTheDatabasesTimeForTheClaim() {
        claim(5, false, 2, 1);
        assertThat(pollInterval.next()).isEqualTo(Duration.ofMillis(6));
    }

    @Test
    void timeBetweenClaimAndSettleDoesNotCount() {
        pollInterval.claims();
        now[0] += Duration.ofMillis(2).toNanos();
        pollInterval.claimed(5, false);
        now[0] += Duration.ofSeconds(3).toNanos();
        pollInterval.settles();
        now[0] += Duration.ofMillis(1).toNanos();
        pollInterval.settled();
        assertThat(pollInterval.next()).isEqualTo(Duration.ofMillis(6));
    }

    @Test
    void aSlowDatabaseDelaysTheNextClaimByTheLatencyAtMost() {
        claim(5, false, 900, 900);
        assertThat(pollInterval.next()).isEqualTo(LATENCY);
    }

    @Test
    void aWaitIsAtLeastAMillisecond() {
        claim(5, false, 0, 0);
        assertThat(pollInterval.next()).isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void waitsGrowWithTheTimeWithoutEventsUpToTwentyTimesTheLatency() {
        claim(1, false, 1, 0);
        assertThat(waits(50)).containsOnly(2L);
        long quiet = Duration.ofMillis(100).toNanos();
        for (int look = 0; look < 300; look++) {
            long pause = pollInterval.next().toNanos();
            assertThat(pause).isEqualTo(Math.min(Duration.ofMillis(200).toNanos(), quiet / 50));
            quiet += pause;
        }
        assertThat(pollInterval.next()).isEqualTo(LATENCY.multipliedBy(20));
    }

    @Test
    void eventsMakeItShortAgain() {
        waits(2000);
        claim(1, false, 1, 1);
        assertThat(waits(3)).containsExactly(4L, 4L, 4L);
    }

    @Test
    void aClaimThatBroughtNothingChangesNothing() {
        waits(2000);
        claim(0, false, 1, 0);
        assertThat(pollInterval.next()).isEqualTo(LATENCY.multipliedBy(20));
    }

    @Test
    void afterAFullClaimThereIsNoWaitOnce() {
        waits(2000);
        claim(2000, true, 1, 1);
        assertThat(waits(3)).containsExactly(0L, 4L, 4L);
    }

    @Test
    void aFullClaimOfNothingButWaitingEventsCountsAsFull() {
        claim(0, true, 1, 1);
        assertThat(pollInterval.next()).isZero();
    }

    @Test
    void aFullClaimIsForgottenWhenTheNextIsNot() {
        claim(2000, true, 1, 1);
        claim(5, false, 1, 1);
        assertThat(pollInterval.next()).isEqualTo(Duration.ofMillis(4));
    }

    @Test
    void eventsFlowIfAClaimFindsSeveral() {
        claim(2, false, 1, 1);
        assertThat(pollInterval.flowing()).isTrue();
        claim(1, false, 1, 1);
        assertThat(pollInterval.flowing()).isFalse();
    }

    private void claim(int events, boolean more, long readMillis, long settleMillis) {
        pollInterval.claims();
        now[0] += Duration.ofMillis(readMillis).toNanos();
        pollInterval.claimed(events, more);
        pollInterval.settles();
        now[0] += Duration.ofMillis(settleMillis).toNanos();
        pollInterval.settled();
    }

    private long[] waits(int count) {
        long[] millis = new long[count];
        for (int i = 0; i < count; i++) {
            millis[i] = pollInterval.next().toMillis();
        }
        return millis;
    }
}
