package dev.leat.poller;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * What all workers of a poller share.
 *
 * @param defaultStream the stream of events that name none
 * @param pauseAfterFailures the pause after a given number of passes in a row that failed or could deliver nothing
 * @param nanoTime the monotonic clock
 */
record WorkerContext(
        String defaultStream,
        PollerListener listener,
        IntFunction<Duration> pauseAfterFailures,
        LongSupplier nanoTime) {}
