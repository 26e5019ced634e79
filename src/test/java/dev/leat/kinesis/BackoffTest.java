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
            new Failure(Failure.Kind.THROTTLED, "ProvisionedThroughputExceededException", null);

    @Test
    void delaysDoubleUpToTheCapForAsLongAsItLasts() {
        Retry.AsyncContext<Failure> failures = policy(0).begin();

        assertThat(delays(failures, 9)).containsExactly(50L, 100L, 200L, 400L, 800L, 1_600L, 3_200L, 5_000L, 5_000L);
        assertThat(delays(failures, 5_000)).containsOnly(5_000L);
    }

    /** A transient failure is mostly over by then, and later records of the key wait: a round trip is delay enough for the first retry. */
    @Test
    void aTransientFailureIsRetriedAtOnceAndThenAfterDelaysThatDouble() {
        Failure internal = new Failure(Failure.Kind.TRANSIENT, "InternalFailure", null);
        Retry.AsyncContext<Failure> failures = policy(0).begin();

        assertThat(IntStream.range(0, 6)
                        .mapToObj(n -> TimeUnit.NANOSECONDS.toMillis(Backoff.Policy.delayNanos(failures, internal))))
                .containsExactly(0L, 6L, 12L, 24L, 48L, 96L);
    }

    @Test
    void jitterShortensADelayByAtMostItsShare() {
        assertThat(delays(policy(0.999_999).begin(), 3)).containsExactly(26L, 51L, 101L);
        assertThat(delays(policy(0.5).begin(), 3)).containsExactly(38L, 75L, 150L);
    }

    @Test
    void whatFailedCountsForItselfAlone() {
        Backoff.Policy policy = policy(0);
        delays(policy.begin(), 5);

        assertThat(delays(policy.begin(), 1)).containsExactly(50L);
    }

    @Test
    void allButARefusalIsSentAgain() {
        for (Failure.Kind kind :
                List.of(Failure.Kind.THROTTLED, Failure.Kind.TRANSIENT, Failure.Kind.STREAM_AT_FAULT)) {
            assertThat(Backoff.Policy.delayNanos(policy(0).begin(), new Failure(kind, "code", null)))
                    .isNotNegative();
        }
        assertThatThrownBy(() ->
                        Backoff.Policy.delayNanos(policy(0).begin(), new Failure(Failure.Kind.REFUSED, "code", null)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRequestSentBeforeTheBackoffBeganNeitherLengthensNorEndsIt() {
        Backoff backoff = new Backoff(policy(0));
        backoff.failed(THROTTLED, 10, 20);
        long until = backoff.until();

        backoff.failed(THROTTLED, 15, 30);
        backoff.succeeded(19);
        assertThat(backoff.until()).isEqualTo(until);
        assertThat(backoff.failing()).isTrue();

        backoff.failed(THROTTLED, until, until + 5);
        assertThat(backoff.until()).isEqualTo(until + 5 + Duration.ofMillis(100).toNanos());

        backoff.succeeded(backoff.until());
        assertThat(backoff.until()).isZero();
        assertThat(backoff.failing()).isFalse();
    }

    private static Backoff.Policy policy(double random) {
        return new Backoff.Policy(PublishSettings.RetryDelays.defaults(), () -> random);
    }

    private static List<Long> delays(Retry.AsyncContext<Failure> failures, int count) {
        return IntStream.range(0, count)
                .mapToObj(n -> TimeUnit.NANOSECONDS.toMillis(Backoff.Policy.delayNanos(failures, THROTTLED)))
                .toList();
    }
}
