package dev.leat.admin;

import dev.leat.jooq.Dsl;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Registers replays of kept events, and cancels them. Pollers send the events. */
public final class Replays {

    private final DSLContext database;

    public Replays(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * Which events are to be sent again. What is null or empty has the default of {@code leat.replay}.
     *
     * @param tables as SQL writes them, with their schemas
     * @param key a partition key
     * @param since the events that were captured from then on
     * @param until those that were captured before
     * @param stream a name or an ARN
     */
    public record Selection(
            List<String> tables,
            @Nullable String key,
            @Nullable Instant since,
            @Nullable Instant until,
            @Nullable String stream) {}

    /**
     * @param number null: nothing is sent again, because there are no such events, or they were only counted
     * @param first when the first of them was captured; null if there are none
     */
    public record Selected(
            @Nullable Integer number,
            long events,
            @Nullable Instant first,
            @Nullable Instant last) {}

    /**
     * @param dryRun only count
     * @throws org.jooq.exception.DataAccessException when the database declines, with what to do
     */
    public Selected replay(Selection selection, boolean dryRun) {
        return database.transactionResult(transaction -> {
            transaction.dsl().execute("SET LOCAL lock_timeout = '5s'");
            Record row = transaction
                    .dsl()
                    .fetchSingle(
                            "SELECT replay, events, first, last FROM leat.replay(?::text[], ?, ?::timestamptz, ?::timestamptz, ?, ?)",
                            selection.tables().toArray(String[]::new),
                            selection.key(),
                            time(selection.since()),
                            time(selection.until()),
                            selection.stream(),
                            dryRun);
            return new Selected(
                    row.get(0, Integer.class),
                    row.get(1, long.class),
                    row.get(2, Instant.class),
                    row.get(3, Instant.class));
        });
    }

    private static @Nullable OffsetDateTime time(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    /**
     * Cancels the replay that is running; returns its number.
     *
     * @throws org.jooq.exception.DataAccessException when the database declines, with what to do
     */
    public int cancel() {
        return database.transactionResult(transaction -> {
            transaction.dsl().execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            // It waits for the claims that hold its lanes, and a claim lasts seconds.
            transaction.dsl().execute("SET LOCAL lock_timeout = '60s'");
            return transaction.dsl().fetchSingle("SELECT leat.cancel_replay()").get(0, int.class);
        });
    }
}
