package dev.leat.admin;

import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static org.jooq.impl.DSL.noCondition;

import dev.leat.jooq.Dsl;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** Lists the events in quarantine, and carries out an operator's decisions about them. */
public final class Quarantine {

    private final DSLContext database;

    public Quarantine(DataSource database) {
        this.database = Dsl.of(database);
    }

    /**
     * An event in quarantine, without its images.
     *
     * @param state quarantined, waiting, retry or discarded
     * @param type of a domain event, which has no schema and table
     * @param waiting how many events of its key wait
     */
    public record Entry(
            long id,
            String state,
            String partitionKey,
            @Nullable String schema,
            @Nullable String table,
            @Nullable String type,
            String op,
            Instant capturedAt,
            Instant quarantinedAt,
            String reason,
            long waiting,
            @Nullable Instant decidedAt,
            @Nullable String decidedBy) {}

    /**
     * The oldest events in those states.
     *
     * @param key only this partition key; null: any
     */
    public List<Entry> list(List<String> states, @Nullable String key, int atMost) {
        var others = QUARANTINE.as("others");
        Field<Integer> waiting = DSL.field(DSL.selectCount()
                .from(others)
                .where(others.LANE.eq(QUARANTINE.LANE))
                .and(others.PARTITION_KEY.eq(QUARANTINE.PARTITION_KEY))
                .and(others.STATE.eq("waiting")));
        return database.select(
                        QUARANTINE.ID,
                        QUARANTINE.STATE,
                        QUARANTINE.PARTITION_KEY,
                        QUARANTINE.SCHEMA_NAME,
                        QUARANTINE.TABLE_NAME,
                        QUARANTINE.TYPE,
                        QUARANTINE.OP,
                        QUARANTINE.CAPTURED_AT,
                        QUARANTINE.QUARANTINED_AT,
                        QUARANTINE.REASON,
                        waiting,
                        QUARANTINE.DECIDED_AT,
                        QUARANTINE.DECIDED_BY)
                .from(QUARANTINE)
                .where(QUARANTINE.STATE.in(states))
                .and(QUARANTINE.REPLAY.isNull().or(QUARANTINE.STATE.ne("retry")))
                .and(of(key))
                .orderBy(QUARANTINE.ID)
                .limit(atMost)
                .fetch(row -> new Entry(
                        row.get(QUARANTINE.ID),
                        row.get(QUARANTINE.STATE),
                        row.get(QUARANTINE.PARTITION_KEY),
                        row.get(QUARANTINE.SCHEMA_NAME),
                        row.get(QUARANTINE.TABLE_NAME),
                        row.get(QUARANTINE.TYPE),
                        row.get(QUARANTINE.OP),
                        row.get(QUARANTINE.CAPTURED_AT).toInstant(),
                        row.get(QUARANTINE.QUARANTINED_AT).toInstant(),
                        row.get(QUARANTINE.REASON),
                        row.get(waiting),
                        decidedAt(row),
                        row.get(QUARANTINE.DECIDED_BY)));
    }

    private static @Nullable Instant decidedAt(Record row) {
        OffsetDateTime at = row.get(QUARANTINE.DECIDED_AT);
        return at == null ? null : at.toInstant();
    }

    /** The events to decide about, in the order in which that must be done; null for those of any key. */
    public List<Long> undecided(@Nullable String key) {
        return database.select(QUARANTINE.ID)
                .from(QUARANTINE)
                .where(QUARANTINE.STATE.eq("quarantined"))
                .and(of(key))
                .orderBy(QUARANTINE.ID)
                .fetch(QUARANTINE.ID);
    }

    private static Condition of(@Nullable String key) {
        return key == null ? noCondition() : QUARANTINE.PARTITION_KEY.eq(key);
    }

    /**
     * Releases an event to be sent again, and those that waited behind it.
     *
     * @return how many events were released
     * @throws org.jooq.exception.DataAccessException when the event cannot be decided about
     */
    public int retry(long id) {
        return decide("SELECT leat.retry(?)", id);
    }

    /**
     * Discards an event, and releases those that waited behind it.
     *
     * @return how many events were released
     * @throws org.jooq.exception.DataAccessException when the event cannot be decided about
     */
    public int discard(long id) {
        return decide("SELECT leat.discard(?)", id);
    }

    private int decide(String call, long id) {
        return database.transactionResult(transaction -> {
            transaction.dsl().execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
            // It waits for the claim that holds the lane, and a claim lasts seconds.
            transaction.dsl().execute("SET LOCAL lock_timeout = '60s'");
            return transaction.dsl().fetchSingle(call, id).get(0, int.class);
        });
    }
}
