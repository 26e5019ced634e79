package dev.leat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a poller has ended.
 *
 * @param finished whether all that was claimed could be finished within the grace; if not, it was cut short
 * @param failing what went on failing until then
 * @param waiting what waits in the outbox, where something fails; null: not known
 */
public record Ending(
        boolean finished, List<Failing> failing, @Nullable Backlog waiting) {

    /** Whether nothing is left that a person should look at. */
    public boolean orderly() {
        return finished && failing.isEmpty();
    }
}
