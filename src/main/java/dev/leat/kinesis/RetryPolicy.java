package dev.leat.kinesis;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * The one retry policy: what is sent again (by {@link Verdict}), and after what pause.
 *
 * <p>Resilience4j decides and counts; it neither sleeps nor sends. Its blocking decorators repeat one call as it was, but what
 * is sent again here is mixed with other keys' records, and the thread has other requests to see to. So each thing that rests
 * (a key, a lane, a stream) holds one of its asynchronous contexts, which answers a failure with the pause to make.
 *
 * <p>Trouble on the service's side or on the way is mostly over by the time it is known, and the key's later records wait: the
 * first retry leaves at once, and the pauses after it begin lower. Who is throttled is asked to send less, and pauses first.
 */
final class RetryPolicy {

    private final Retry retry;

    /**
     * @param random from 0 (inclusive) to 1 (exclusive); Resilience4j's own randomised intervals draw from Math.random
     */
    RetryPolicy(PublishSettings.RetryDelays backoff, DoubleSupplier random) {
        IntervalFunction growth = IntervalFunction.ofExponentialBackoff(backoff.base(), 2, backoff.cap());
        IntervalFunction soon = IntervalFunction.ofExponentialBackoff(backoff.soon(), 2, backoff.cap());
        RetryConfig config = RetryConfig.<Failure>custom()
                .maxAttempts(Integer.MAX_VALUE)
                .retryOnResult(failure -> failure.verdict() != Verdict.REFUSED)
                .intervalBiFunction((attempt, failed) -> {
                    boolean passing = failed.get().verdict() == Verdict.TRANSIENT;
                    if (passing && attempt == 1) {
                        return 0L;
                    }
                    long pause = passing ? soon.apply(attempt - 1) : growth.apply(attempt);
                    return Math.max(1, pause - (long) (pause * backoff.jitter() * random.getAsDouble()));
                })
                .build();
        this.retry = Retry.of("PutRecords", config);
    }

    /** Counts the failures in a row of one thing that rests between them. */
    Retry.AsyncContext<Failure> begin() {
        return retry.asyncContext();
    }

    /** The pause in nanoseconds before what failed is sent again. */
    static long pauseNanos(Retry.AsyncContext<Failure> failures, Failure failure) {
        long millis = failures.onResult(failure);
        if (millis < 0) {
            throw new IllegalArgumentException("a record that was refused is not sent again: " + failure);
        }
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
