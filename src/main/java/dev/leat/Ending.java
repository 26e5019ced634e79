package dev.leat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a poller has ended.
 *
 * @param finished whether all claims were finished within the grace period; if not, they were interrupted
 * @param failing what was failing when it stopped
 * @param waiting the backlog of the outbox, where something fails; null: not known
 */
public record Ending(
        boolean finished, List<Failing> failing, @Nullable Backlog waiting) {

    /** Whether all claims were finished and nothing was failing. */
    public boolean orderly() {
        return finished && failing.isEmpty();
    }
}
