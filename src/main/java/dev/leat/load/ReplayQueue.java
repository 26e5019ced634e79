package dev.leat.load;

import dev.leat.PollerListener;
import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves the events of a replay to where claims find them, a few hundred at a time, and tells when it has finished. The database decides
 * how many may be there, so that claims take new events too.
 */
final class ReplayQueue {

    private static final String CHUNK = "SELECT again, said FROM leat_poller.replay_chunk()";

    private final StatementRunner database;
    private final PollerListener listener;
    private boolean underWay;

    ReplayQueue(StatementRunner database, PollerListener listener) {
        this.database = database;
        this.listener = listener;
    }

    /** A replay may be under way. */
    void begin() {
        underWay = true;
    }

    /** Moves what may be moved now; returns the pause until the next step. */
    Duration step() {
        if (!underWay) {
            return Loader.IDLE;
        }
        List<@Nullable Object> chunk = database.call(CHUNK);
        Object said = chunk.get(1);
        if (said != null) {
            listener.notice(said.toString());
        }
        Object again = chunk.get(0);
        underWay = again != null;
        return again == null ? Loader.IDLE : Duration.ofMillis((long) (1_000 * ((Number) again).doubleValue()));
    }
}
