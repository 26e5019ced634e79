package dev.leat.codegen;

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

/** The statements of a claim that are written in jOOQ's DSL. */
public final class ClaimQueries {

    static final int COUNT_OF_LANES = 64;

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
                    .plus(inline(COUNT_OF_LANES))
                    .mod(inline(COUNT_OF_LANES)))
            .limit(param("lanes", SQLDataType.INTEGER))
            .forUpdate()
            .skipLocked());

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

    private ClaimQueries() {}

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
    public static Map<String, String> rendered() {
        return Map.of(
                "claim-4-lock-lanes", LOCK_LANES,
                "claim-5-quarantine-look", QUARANTINE_LOOK,
                "claim-6-small-events", EventQueries.SMALL_EVENTS,
                "claim-7-released-events", EventQueries.RELEASED_EVENTS,
                "claim-8-outbox-events", EventQueries.OUTBOX_EVENTS);
    }
}
