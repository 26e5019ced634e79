package dev.leat.claim;

import static dev.leat.jooq.generated.Tables.LANE;
import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static org.jooq.impl.DSL.castNull;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.param;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import java.util.Map;
import java.util.stream.IntStream;
import org.jooq.Field;
import org.jooq.SQLDialect;
import org.jooq.Select;
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
                   set_config('plan_cache_mode', 'force_generic_plan', true),
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

    /** What a claim begins with, in one message. Parameters: those of {@link #BEGIN} and of {@link #LOCK_LANES}. */
    static final String OPEN = String.join(";\n", BEGIN, DRAWN, HOLDERS, LOCK_LANES);

    static final Field<Short[]> LANES = param("lanes", SQLDataType.SMALLINT.array());

    /**
     * The keys that a quarantined event blocks; and a row without a key if there are released events, which go before anything
     * in the outbox. Parameters: the lanes, twice.
     */
    static final String QUARANTINE_LOOK = render(select(QUARANTINE.PARTITION_KEY, QUARANTINE.ID)
            .from(QUARANTINE)
            .where(QUARANTINE.LANE.eq(DSL.any(LANES)))
            .and(QUARANTINE.STATE.eq(inline("quarantined")))
            .andNot(QUARANTINE.MAY_PASS)
            .unionAll(select(castNull(SQLDataType.CLOB), castNull(SQLDataType.BIGINT))
                    .where(exists(selectOne()
                            .from(QUARANTINE)
                            .where(QUARANTINE.LANE.eq(DSL.any(LANES)))
                            .and(QUARANTINE.STATE.eq(inline("retry")))))));

    /** What is read once lanes are held, in one message. Parameters: those of the two statements. */
    static final String READ = QUARANTINE_LOOK + ";\n" + EventStatements.SMALL_EVENTS;

    private ClaimStatements() {}

    static String render(Select<?> query) {
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
                "claim-5-quarantine-look", QUARANTINE_LOOK,
                "claim-6-small-events", EventStatements.SMALL_EVENTS,
                "claim-7-released-events", EventStatements.RELEASED_EVENTS,
                "claim-8-outbox-events", EventStatements.OUTBOX_EVENTS);
    }
}
