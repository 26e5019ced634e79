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
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
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

    /** A lane's bits reversed. Neighbours lie in one shard, mostly; in this order, 0, 32, 16, 48, …, even few lie in many. */
    private static final Field<Integer> PLACE = IntStream.range(0, 6)
            .mapToObj(bit -> LANE.LANE_
                    .cast(SQLDataType.INTEGER)
                    .shr(inline(bit))
                    .bitAnd(inline(1))
                    .shl(inline(5 - bit)))
            .reduce(Field::plus)
            .orElseThrow();

    /** Takes free lanes, beginning at a place. Parameters: lanes to leave out, a bit for each; that place; how many. */
    static final String LOCK_LANES = render(select(LANE.LANE_, LANE.LOW)
            .from(LANE)
            .where(param("resting", SQLDataType.BIGINT)
                    .shr(LANE.LANE_.cast(SQLDataType.INTEGER))
                    .bitAnd(inline(1L))
                    .eq(inline(0L)))
            .orderBy(PLACE.minus(param("start", SQLDataType.INTEGER))
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

    private static final Set<String> LONG = Set.of("type", "key", "before", "after", "context");
    private static final Field<Long> SIZE = field(name("size"), SQLDataType.BIGINT);
    private static final Field<BigDecimal> WEIGHT = field(name("weight"), SQLDataType.NUMERIC);
    private static final Field<BigDecimal> RUNNING = field(name("running"), SQLDataType.NUMERIC);
    private static final Field<BigDecimal> TOTAL = field(name("total"), SQLDataType.NUMERIC);
    private static final Field<Long> TOO_LARGE = field(name("too_large"), SQLDataType.BIGINT);
    private static final Field<BigDecimal> LANE_BUDGET = field(name("lane_budget"), SQLDataType.NUMERIC);
    private static final Field<BigDecimal> CLAIM_BUDGET = field(name("claim_budget"), SQLDataType.NUMERIC);
    private static final Field<BigDecimal> ALONE = field(name("alone"), SQLDataType.NUMERIC);

    private static final Outbox O = OUTBOX.as("o");
    private static final Quarantine Q = QUARANTINE.as("q");
    private static final Name HELD_LANES = name("l");
    private static final Field<Short> HELD_LANE = field(HELD_LANES.append("lane"), SQLDataType.SMALLINT);
    private static final Field<Integer> LIMIT = field(HELD_LANES.append("most"), SQLDataType.INTEGER);
    private static final Field<Integer[]> LIMITS = param("limits", SQLDataType.INTEGER.array());

    /** The next events of each lane. Parameters: the bounds of {@link #events}, the lanes, their limits, their lows, the watermark, and the rest of them. */
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
     * Reads of each lane in ascending order of id, up to a number of events and until they outweigh the lane's budget. What can
     * be long is not read of an event that is too large by itself, nor of those that come when the claim's budget is spent:
     * lane after lane each event adds to the total, and only one that nothing weighs before it may be above. The total counts
     * rows as they happen to come; whoever reads goes by {@code fits}, not by that order. {@code octet_length} knows a value's
     * size without fetching it.
     *
     * <p>Parameters: first, in bytes, the size from which events are too large, the lane's budget, the claim's, and what a
     * first event may weigh; last the default stream, and the streams that rest.
     */
    private static Select<?> events(Table<?> source, Table<?> lanes, Condition condition) {
        List<Field<?>> columns = new ArrayList<>(List.of(source.fields(
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
                OUTBOX.FAULT)));
        Field<Integer> size = columns.stream()
                .filter(column -> LONG.contains(column.getName()))
                .map(column -> coalesce(octetLength(column.cast(SQLDataType.CLOB)), inline(0)))
                .reduce(Field::plus)
                .orElseThrow();
        Field<Long> id = source.field(OUTBOX.ID);
        Table<?> bounds = table(
                        "(values ({0}, {1}, {2}, {3}))",
                        param("tooLarge", SQLDataType.BIGINT),
                        param("laneBudget", SQLDataType.NUMERIC),
                        param("claimBudget", SQLDataType.NUMERIC),
                        param("alone", SQLDataType.NUMERIC))
                .as(
                        name("bounds"),
                        TOO_LARGE.getUnqualifiedName(),
                        LANE_BUDGET.getUnqualifiedName(),
                        CLAIM_BUDGET.getUnqualifiedName(),
                        ALONE.getUnqualifiedName());
        Table<?> sized = select(columns)
                .select(size.as(SIZE))
                .from(source)
                .where(condition)
                .and(coalesce(source.field(OUTBOX.STREAM), param("defaultStream", SQLDataType.CLOB))
                        .ne(DSL.all(param("resting", SQLDataType.CLOB.array()))))
                .orderBy(id)
                .limit(LIMIT)
                .asTable("s");
        Table<?> weighed = select(
                        sized.asterisk(),
                        when(SIZE.le(TOO_LARGE), SIZE.cast(SQLDataType.NUMERIC))
                                .otherwise(inline(BigDecimal.ZERO))
                                .as(WEIGHT))
                .from(sized)
                .asTable("w");
        Table<?> counted = select(
                        weighed.asterisk(),
                        sum(WEIGHT)
                                .over(DSL.orderBy(field(name("id"))).rowsUnboundedPreceding())
                                .as(RUNNING))
                .from(weighed)
                .asTable("c");
        Table<?> totalled = select(
                        counted.asterisk(),
                        TOO_LARGE,
                        CLAIM_BUDGET,
                        ALONE,
                        sum(WEIGHT).over(DSL.rowsUnboundedPreceding()).as(TOTAL))
                .from(bounds, lanes, lateral(counted))
                .where(RUNNING.minus(WEIGHT).lt(LANE_BUDGET))
                .asTable("t");
        Condition fits = TOTAL.le(CLAIM_BUDGET).or(TOTAL.eq(WEIGHT).and(WEIGHT.le(ALONE)));
        SelectQuery<Record> query = DSL.using(SQLDialect.POSTGRES).selectQuery();
        for (Field<?> column : columns) {
            Field<?> plain = field(column.getUnqualifiedName(), column.getDataType());
            query.addSelect(
                    LONG.contains(column.getName())
                            ? when(SIZE.le(TOO_LARGE).and(fits), plain).as(column.getName())
                            : plain);
        }
        query.addSelect(SIZE, RUNNING, field(fits).as("fits"));
        query.addFrom(totalled);
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
