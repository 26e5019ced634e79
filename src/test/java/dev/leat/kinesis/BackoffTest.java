package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.retry.Retry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BackoffTest {

    private static final Failure THROTTLED =
            new Failure(Verdict.THROTTLED, "ProvisionedThroughputExceededException", null);

    @Test
    void pausesDoubleUpToTheCapForAsLongAsItLasts() {
        Retry.AsyncContext<Failure> failures = policy(0).begin();

        assertThat(pauses(failures, 9)).containsExactly(50L, 100L, 200L, 400L, 800L, 1_600L, 3_200L, 5_000L, 5_000L);
        assertThat(pauses(failures, 5_000)).containsOnly(5_000L);
    }

    /** What befell it is over as soon as not, and its key waits: a round trip is pause enough for the first time. */
    @Test
    void whatFailsByTheServicesTroubleIsSentAgainAtOnceAndThenAfterPausesThatDouble() {
        Failure internal = new Failure(Verdict.TRANSIENT, "InternalFailure", null);
        Retry.AsyncContext<Failure> failures = policy(0).begin();

        assertThat(IntStream.range(0, 6)
                        .mapToObj(n -> TimeUnit.NANOSECONDS.toMillis(RetryPolicy.pauseNanos(failures, internal))))
                .containsExactly(0L, 6L, 12L, 24L, 48L, 96L);
    }

    @Test
    void jitterShortensAPauseByAtMostItsShare() {
        assertThat(pauses(policy(0.999_999).begin(), 3)).containsExactly(26L, 51L, 101L);
        assertThat(pauses(policy(0.5).begin(), 3)).containsExactly(38L, 75L, 150L);
    }

    @Test
    void whatFailedCountsForItselfAlone() {
        RetryPolicy policy = policy(0);
        pauses(policy.begin(), 5);

        assertThat(pauses(policy.begin(), 1)).containsExactly(50L);
    }

    @Test
    void allButARefusalIsSentAgain() {
        for (Verdict verdict : List.of(Verdict.THROTTLED, Verdict.TRANSIENT, Verdict.STREAM_AT_FAULT)) {
            assertThat(RetryPolicy.pauseNanos(policy(0).begin(), new Failure(verdict, "code", null)))
                    .isNotNegative();
        }
        assertThatThrownBy(() -> RetryPolicy.pauseNanos(policy(0).begin(), new Failure(Verdict.REFUSED, "code", null)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRequestThatLeftBeforeTheRestBeganNeitherLengthensNorEndsIt() {
        RetryPolicy policy = policy(0);
        Backoff rest = new Backoff();
        rest.failed(policy, THROTTLED, 10, 20);
        long until = rest.until();

        rest.failed(policy, THROTTLED, 15, 30);
        rest.succeeded(19);
        assertThat(rest.until()).isEqualTo(until);
        assertThat(rest.troubled()).isTrue();

        rest.failed(policy, THROTTLED, until, until + 5);
        assertThat(rest.until()).isEqualTo(until + 5 + Duration.ofMillis(100).toNanos());

        rest.succeeded(rest.until());
        assertThat(rest.until()).isZero();
        assertThat(rest.troubled()).isFalse();
    }

    private static RetryPolicy policy(double random) {
        return new RetryPolicy(PublishSettings.RetryDelays.defaults(), () -> random);
    }

    private static List<Long> pauses(Retry.AsyncContext<Failure> failures, int count) {
        return IntStream.range(0, count)
                .mapToObj(n -> TimeUnit.NANOSECONDS.toMillis(RetryPolicy.pauseNanos(failures, THROTTLED)))
                .toList();
    }
}
