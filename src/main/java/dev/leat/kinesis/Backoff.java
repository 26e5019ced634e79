package dev.leat.kinesis;

import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;

/**
 * When something that failed (a key, a lane, a stream) may be tried again. Times are nanoseconds on the publisher's clock. Shared by claims
 * that are published at the same time.
 */
final class Backoff {

    private Retry.@Nullable AsyncContext<Failure> failures;
    private @Nullable Failure last;
    private long since;
    private volatile long until;

    /**
     * Lengthens the rest, unless the request had left before the rest began: it then tells of the same trouble once more.
     *
     * @param leftAt when the request that failed was sent
     */
    synchronized void failed(RetryPolicy policy, Failure failure, long leftAt, long now) {
        if (failures != null && leftAt < since) {
            return;
        }
        if (failures == null) {
            failures = policy.begin();
        }
        last = failure;
        since = now;
        until = now + RetryPolicy.pauseNanos(failures, failure);
    }

    /**
     * Ends the rest, unless the request had left before it began: that one went well says nothing of what came after.
     *
     * @param leftAt when the request that succeeded was sent
     */
    synchronized void succeeded(long leftAt) {
        if (failures != null && leftAt >= since) {
            failures.onComplete();
            failures = null;
            last = null;
            until = 0;
        }
    }

    /** Whether the last attempt failed, be the pause after it over or not. */
    synchronized boolean troubled() {
        return failures != null;
    }

    synchronized @Nullable Failure last() {
        return last;
    }

    /** 0 if it does not rest. */
    long until() {
        return until;
    }
}
