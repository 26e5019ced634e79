package dev.leat.claim;

import static dev.leat.jooq.generated.Tables.LANE;
import static dev.leat.jooq.generated.Tables.OUTBOX;
import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.lateral;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.octetLength;
import static org.jooq.impl.DSL.param;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.sum;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.when;

import dev.leat.jooq.generated.tables.Outbox;
import dev.leat.jooq.generated.tables.Quarantine;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.SelectQuery;
import org.jooq.Table;
import org.jooq.conf.ParamType;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The statements of a claim, in the order they run. Written in jOOQ's DSL against the generated schema, rendered once, and run
 * as prepared statements; the rendered text is kept in {@code docs/sql} for whoever wants to EXPLAIN it.
 */
final class ClaimStatements {

    /** The transaction's own settings, so that they hold behind a pooler too. Parameters: the server's timeout in ms. */
    static final String BEGIN = """
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            SELECT set_config('enable_seqscan', 'off', true),
                   set_config('enable_bitmapscan', 'off', true),
                   set_config('enable_sort', 'off', true),
                   set_config('enable_hashjoin', 'off', true),
                   set_config('enable_mergejoin', 'off', true),
                   set_config('jit', 'off', true),
                   set_config('statement_timeout', '60s', true),
                   set_config('lock_timeout', '5s', true),
                   set_config('tcp_user_timeout', '20s', true),
                   set_config('idle_in_transaction_session_timeout', ?, true)""";

    /** The highest id drawn: a sequence that was never called shows 1, and has drawn nothing. And which server and history that is. */
    static final String DRAWN = """
            SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END,
                   (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
                   (SELECT max(history) FROM leat.history)
            FROM leat.outbox_id_seq""";

    /** Who holds the lock that an INSERT into the outbox takes, but for this session. */
    static final String HOLDERS = """
            SELECT virtualtransaction FROM pg_catalog.pg_locks
            WHERE locktype = 'relation' AND relation = 'leat.outbox'::regclass AND mode = 'RowExclusiveLock' AND granted
              AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
              AND pid IS DISTINCT FROM pg_catalog.pg_backend_pid()""";

    /** Takes free lanes, beginning with one. Parameters: that lane, how many. */
    static final String LOCK_LANES = render(select(LANE.LANE_, LANE.LOW)
            .from(LANE)
            .orderBy(LANE.LANE_
                    .minus(param("start", SQLDataType.INTEGER))
                    .plus(inline(LaneBook.LANES))
                    .mod(inline(LaneBook.LANES)))
            .limit(param("lanes", SQLDataType.INTEGER))
            .forUpdate()
            .skipLocked());

    private static final Field<Short[]> LANES = param("lanes", SQLDataType.SMALLINT.array());

    /** The keys that a quarantined event blocks. Parameters: the lanes. */
    static final String BLOCKED_KEYS = render(select(QUARANTINE.PARTITION_KEY, QUARANTINE.ID)
            .from(QUARANTINE)
            .where(QUARANTINE.LANE.eq(DSL.any(LANES)))
            .and(QUARANTINE.STATE.eq(inline("quarantined")))
            .andNot(QUARANTINE.MAY_PASS));

    private static final Outbox O = OUTBOX.as("o");
    private static final Quarantine Q = QUARANTINE.as("q");
    private static final Name HELD_LANES = name("l");
    private static final Field<Short> HELD_LANE = field(HELD_LANES.append("lane"), SQLDataType.SMALLINT);
    private static final Field<Integer> LIMIT = field(HELD_LANES.append("most"), SQLDataType.INTEGER);
    private static final Field<Integer[]> LIMITS = param("limits", SQLDataType.INTEGER.array());

    /** The next events of each lane. Parameters: those of {@link #events}, the lanes, their limits, their lows, the watermark. */
    static final String OUTBOX_EVENTS = render(events(
            O,
            table("unnest({0}, {1}, {2})", LANES, LIMITS, param("lows", SQLDataType.BIGINT.array()))
                    .as(HELD_LANES, name("lane"), name("most"), name("low")),
            O.LANE.eq(HELD_LANE)
                    .and(O.ID.gt(field(HELD_LANES.append("low"), SQLDataType.BIGINT)))
                    .and(DSL.condition(O.HELD).not().or(O.ID.le(param("watermark", SQLDataType.BIGINT))))));

    /** The released events of each lane, which go before anything in the outbox. Parameters: those of {@link #events}, the lanes, their limits. */
    static final String RELEASED_EVENTS = render(events(
            Q,
            table("unnest({0}, {1})", LANES, LIMITS).as(HELD_LANES, name("lane"), name("most")),
            field(Q.getQualifiedName().append("lane"), SQLDataType.SMALLINT)
                    .eq(HELD_LANE)
                    .and(Q.STATE.eq(inline("retry")))));

    private ClaimStatements() {}

    /**
     * Reads of each lane in ascending order of id, up to a number of events and until their images outweigh a budget. Images
     * that are too large by themselves are not read; {@code octet_length} knows a value's size without fetching it.
     *
     * <p>Parameters: first, twice, the size from which images are too large; last the default stream, the
     * streams that rest, and the budget.
     */
    private static Select<?> events(Table<?> source, Table<?> lanes, Condition condition) {
        Field<Long> id = source.field(OUTBOX.ID);
        Field<String> before = source.field(OUTBOX.BEFORE);
        Field<String> after = source.field(OUTBOX.AFTER);
        Field<Integer> bytes = coalesce(octetLength(before.cast(SQLDataType.CLOB)), inline(0))
                .plus(coalesce(octetLength(after.cast(SQLDataType.CLOB)), inline(0)));
        Field<Integer> size = bytes.as("size");
        Field<java.math.BigDecimal> running =
                sum(bytes).over(DSL.orderBy(id).rowsUnboundedPreceding()).as("running");
        Table<? extends Record> counted = select(source.fields(
                        OUTBOX.ID,
                        OUTBOX.LANE,
                        OUTBOX.OP,
                        OUTBOX.PARTITION_KEY,
                        OUTBOX.STREAM,
                        OUTBOX.SCHEMA_NAME,
                        OUTBOX.TABLE_NAME,
                        OUTBOX.TYPE,
                        OUTBOX.KEY,
                        OUTBOX.BEFORE,
                        OUTBOX.AFTER,
                        OUTBOX.XID,
                        OUTBOX.CAPTURED_AT,
                        OUTBOX.DB_USER,
                        OUTBOX.APPLICATION,
                        OUTBOX.CONTEXT,
                        OUTBOX.MAY_PASS,
                        OUTBOX.FAULT))
                .select(size, running)
                .from(source)
                .where(condition)
                .and(coalesce(source.field(OUTBOX.STREAM), param("defaultStream", SQLDataType.CLOB))
                        .ne(DSL.all(param("resting", SQLDataType.CLOB.array()))))
                .orderBy(id)
                .limit(LIMIT)
                .asTable("c");
        Field<Integer> tooLarge = param("tooLarge", SQLDataType.INTEGER);
        Field<Integer> countedSize = counted.field(size);
        Field<java.math.BigDecimal> countedRunning = counted.field(running);
        SelectQuery<Record> query = DSL.using(SQLDialect.POSTGRES).selectQuery();
        for (Field<?> column : counted.fields()) {
            boolean image =
                    column.getName().equals("before") || column.getName().equals("after");
            query.addSelect(image ? when(countedSize.le(tooLarge), column).as(column.getName()) : column);
        }
        query.addFrom(lanes, lateral(counted));
        query.addConditions(countedRunning.minus(countedSize).lt(param("budget", SQLDataType.NUMERIC)));
        return query;
    }

    private static String render(Select<?> query) {
        Settings settings = new Settings()
                .withRenderFormatted(true)
                .withRenderQuotedNames(RenderQuotedNames.EXPLICIT_DEFAULT_UNQUOTED);
        return DSL.using(SQLDialect.POSTGRES, settings)
                .renderContext()
                .paramType(ParamType.INDEXED)
                .visit(query)
                .render();
    }

    /** Each statement by the name of its file. */
    static Map<String, String> rendered() {
        return Map.of(
                "claim-1-begin", BEGIN,
                "claim-2-drawn", DRAWN,
                "claim-3-holders", HOLDERS,
                "claim-4-lock-lanes", LOCK_LANES,
                "claim-5-released-events", RELEASED_EVENTS,
                "claim-6-blocked-keys", BLOCKED_KEYS,
                "claim-7-outbox-events", OUTBOX_EVENTS);
    }
}
