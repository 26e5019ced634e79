package dev.leat.status;

import dev.leat.jooq.Dsl;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.DSLContext;

/** Reads how far full loads have come, those under way and the last one of each other table. */
public final class LoadReader {

    private final DSLContext database;

    public LoadReader(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * @throws org.jooq.exception.DataAccessException when the database cannot be asked, or this role may not read it
     */
    public List<Status.Load> read() {
        return read(database);
    }

    /** Whether a poller is alive. */
    public boolean polled() {
        return database.fetchSingle(
                        "SELECT EXISTS (SELECT FROM leat_poller.poller WHERE abs(extract(epoch FROM clock_timestamp() - seen_at)) < 5)")
                .get(0, boolean.class);
    }

    static List<Status.Load> read(DSLContext in) {
        return in.fetch("""
                        SELECT load, schema_name, table_name, filter, state, loaded, held_rows, estimate,
                               CASE WHEN state = 'running' AND chunk_at > clock_timestamp() - interval '30 seconds' THEN rate END,
                               error, registered_at, started_at, ended_at
                        FROM leat_poller.load ORDER BY load
                        """)
                .map(row -> new Status.Load(
                        row.get(0, int.class),
                        row.get(1, String.class),
                        row.get(2, String.class),
                        row.get(3, String.class),
                        row.get(4, String.class),
                        row.get(5, long.class),
                        row.get(6, long.class),
                        row.get(7, Long.class),
                        row.get(8, Double.class),
                        row.get(9, String.class),
                        row.get(10, Instant.class),
                        row.get(11, Instant.class),
                        row.get(12, Instant.class)));
    }
}
