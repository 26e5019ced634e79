package dev.leat.codegen;

import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static org.jooq.impl.DSL.castNull;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.param;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import java.util.Map;
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
                "claim-5-quarantine-look", QUARANTINE_LOOK,
                "claim-6-small-events", EventQueries.SMALL_EVENTS,
                "claim-7-released-events", EventQueries.RELEASED_EVENTS,
                "claim-8-outbox-events", EventQueries.OUTBOX_EVENTS);
    }
}
