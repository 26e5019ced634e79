package dev.leat.status;

import dev.leat.jooq.Dsl;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.DSLContext;

/** Reads how far replays have come. */
public final class ReplayReader {

    private static final String REPLAYS = """
            SELECT replay, tables, key, stream, state, events, sent, refused, skipped,
                   CASE WHEN state = 'running' AND sent > 0
                        THEN sent / greatest(0.001, extract(epoch FROM clock_timestamp() - registered_at))::float8 END,
                   registered_at
            FROM leat_poller.replay
            """;

    private final DSLContext database;

    public ReplayReader(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * @param number as {@code leat.replay} gave it
     * @throws org.jooq.exception.DataAccessException when the database cannot be asked, or this role may not read it
     */
    public List<Status.Replay> read(int number) {
        return read(database, "WHERE replay = " + number);
    }

    static List<Status.Replay> running(DSLContext in) {
        return read(in, "WHERE state = 'running'");
    }

    private static List<Status.Replay> read(DSLContext in, String which) {
        return in.fetch(REPLAYS + which)
                .map(row -> new Status.Replay(
                        row.get(0, int.class),
                        List.of(row.get(1, String[].class)),
                        row.get(2, String.class),
                        row.get(3, String.class),
                        row.get(4, String.class),
                        row.get(5, long.class),
                        row.get(6, long.class),
                        row.get(7, long.class),
                        row.get(8, long.class),
                        row.get(9, Double.class),
                        row.get(10, Instant.class)));
    }
}
