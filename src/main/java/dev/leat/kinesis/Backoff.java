package dev.leat.kinesis;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Until when something that failed (a stream, a lane, a queue of records) is not tried again. Times are nanoseconds on the publisher's
 * clock. Claims that are published at the same time share the backoffs of streams and lanes.
 */
final class Backoff {

    private final Policy policy;
    private Retry.@Nullable AsyncContext<Failure> failures;
    private @Nullable Failure lastFailure;
    private long since;
    private volatile long until;

    Backoff(Policy policy) {
        this.policy = policy;
    }

    /**
     * The retry policy: which failures are retried (by {@link Failure.Kind}), and after which delay.
     *
     * <p>Resilience4j decides and counts. It neither sleeps nor sends: its blocking decorators repeat one call as it was, but here a
     * failed record is sent again among records of other keys, and the thread has other requests to handle. So each backoff holds
     * one of Resilience4j's asynchronous contexts, which answers a failure with the delay before the retry.
     *
     * <p>A transient failure is mostly over by the time it is known, and later records of its keys wait. So its first retry has no
     * delay, and the delays after it begin lower. Throttling asks for fewer requests, so even its first retry has a delay.
     */
    static final class Policy {

        private final Retry retry;

        /**
         * @param random from 0 (inclusive) to 1 (exclusive). Resilience4j's own randomised intervals use Math.random
         */
        Policy(PublishSettings.RetryDelays delays, DoubleSupplier random) {
            IntervalFunction throttled = IntervalFunction.ofExponentialBackoff(delays.base(), 2, delays.cap());
            IntervalFunction passing = IntervalFunction.ofExponentialBackoff(delays.transientBase(), 2, delays.cap());
            RetryConfig config = RetryConfig.<Failure>custom()
                    .maxAttempts(Integer.MAX_VALUE)
                    .retryOnResult(failure -> failure.kind() != Failure.Kind.REFUSED)
                    .intervalBiFunction((attempt, failed) -> {
                        boolean isTransient = failed.get().kind() == Failure.Kind.TRANSIENT;
                        if (isTransient && attempt == 1) {
                            return 0L;
                        }
                        long delay = isTransient ? passing.apply(attempt - 1) : throttled.apply(attempt);
                        return Math.max(1, delay - (long) (delay * delays.jitter() * random.getAsDouble()));
                    })
                    .build();
            this.retry = Retry.of("PutRecords", config);
        }

        /** Counts failures in a row. */
        Retry.AsyncContext<Failure> begin() {
            return retry.asyncContext();
        }

        /** The delay in nanoseconds before the retry. */
        static long delayNanos(Retry.AsyncContext<Failure> failures, Failure failure) {
            long millis = failures.onResult(failure);
            if (millis < 0) {
                throw new IllegalArgumentException("a refused record is not sent again: " + failure);
            }
            return TimeUnit.MILLISECONDS.toNanos(millis);
        }
    }

    /**
     * Begins or lengthens the backoff. A request that was sent before the backoff began tells of the same trouble again and changes
     * nothing.
     *
     * @param sentAt when the failed request was sent
     */
    synchronized void failed(Failure failure, long sentAt, long now) {
        if (failures != null && sentAt < since) {
            return;
        }
        if (failures == null) {
            failures = policy.begin();
        }
        lastFailure = failure;
        since = now;
        until = now + Policy.delayNanos(failures, failure);
    }

    /**
     * Ends the backoff. The success of a request that was sent before the backoff began tells nothing about the time since and changes
     * nothing.
     *
     * @param sentAt when the successful request was sent
     */
    synchronized void succeeded(long sentAt) {
        if (failures != null && sentAt >= since) {
            failures.onComplete();
            failures = null;
            lastFailure = null;
            until = 0;
        }
    }

    /** Whether the last attempt failed, even if the delay after it is over. */
    synchronized boolean failing() {
        return failures != null;
    }

    synchronized @Nullable Failure lastFailure() {
        return lastFailure;
    }

    /** When the next attempt may begin; 0: at any time. */
    long until() {
        return until;
    }
}
