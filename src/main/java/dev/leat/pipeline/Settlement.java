package dev.leat.pipeline;

import dev.leat.Outcome;
import java.util.List;

/** Stage 5, settle: makes the outcomes of a claim permanent and lets its lanes go, in one commit. */
public interface Settlement {

    /**
     * Deletes (or keeps) what was delivered, sets aside what is quarantined or waits, leaves the rest, and commits.
     *
     * @throws DatabaseUnavailable when the commit failed or its answer was lost: the events may be published again
     */
    void settle(Claim claim, List<Outcome> outcomes);
}
