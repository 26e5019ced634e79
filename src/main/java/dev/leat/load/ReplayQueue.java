package dev.leat.load;

import dev.leat.PollerListener;
import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Moves the events of a replay to where claims find them, a few hundred at a time, and tells when it has finished. The database decides
 * how many may be there, so that claims have room for new events.
 */
final class ReplayQueue {

    /** Between two looks whether a replay was registered. */
    private static final Duration IDLE = Duration.ofSeconds(1);

    private static final String UNDER_WAY =
            "SELECT pg_catalog.count(*) FROM leat_poller.replay WHERE state OPERATOR(pg_catalog.=) 'running'";

    private static final String CHUNK = "SELECT again, said FROM leat_poller.replay_chunk()";

    private final StatementRunner database;
    private final PollerListener listener;
    private boolean underWay;

    ReplayQueue(StatementRunner database, PollerListener listener) {
        this.database = database;
        this.listener = listener;
    }

    /** Moves what may be moved now; returns the pause until the next step. */
    Duration step() {
        if (!underWay) {
            underWay = ((Number) Objects.requireNonNull(database.run(UNDER_WAY))).longValue() > 0;
            if (!underWay) {
                return IDLE;
            }
        }
        List<@Nullable Object> chunk = database.row(CHUNK);
        Object said = chunk.get(1);
        if (said != null) {
            listener.notice(said.toString());
        }
        Object again = chunk.get(0);
        underWay = again != null;
        return again == null ? IDLE : Duration.ofMillis((long) (1_000 * ((Number) again).doubleValue()));
    }
}
