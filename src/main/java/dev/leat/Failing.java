package dev.leat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something of a poller that fails, as of its last failure.
 *
 * @param name the stream or the duty; empty for passes
 * @param why the last failure, on one line
 * @param consequence what follows from it
 * @param times failures in a row
 * @param lasting from the first of them to the last
 * @param pause until it is tried again
 * @param waiting what waits in the outbox, as seen a moment ago; null: not known
 */
public record Failing(
        Part part,
        String name,
        String why,
        String consequence,
        long times,
        Duration lasting,
        Duration pause,
        @Nullable Backlog waiting) {

    /** Of a poller. */
    public enum Part {
        PASSES,
        STREAM,
        UPKEEP
    }
}
