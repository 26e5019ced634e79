package dev.leat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A failing part of a poller, as of its last failure.
 *
 * @param name the stream or the duty; empty for passes
 * @param why the last failure, on one line
 * @param consequence what follows from it
 * @param times failures in a row
 * @param lasting from the first of them to the last
 * @param pause the time until the next try
 * @param waiting the backlog of the outbox as last read; null: not known
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

    /** The parts of a poller that can fail. */
    public enum Part {
        PASSES,
        STREAM,
        UPKEEP
    }
}
