package dev.leat.settle;

import static dev.leat.jooq.generated.Tables.OUTBOX;
import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static dev.leat.jooq.generated.Tables.SENT;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.deleteFrom;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.param;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.update;
import static org.jooq.impl.DSL.with;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jooq.CommonTableExpression;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Query;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.conf.ParamType;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/** The statements of settlement, written in jOOQ's DSL, rendered once; their text is kept in {@code docs/sql}. */
final class SettleStatements {

    private static final Name D = name("d");
    private static final Field<Short> D_LANE = field(D.append("lane"), SQLDataType.SMALLINT);
    private static final Field<Long> D_ID = field(D.append("id"), SQLDataType.BIGINT);
    private static final Field<String> D_STATE = field(D.append("state"), SQLDataType.CLOB);
    private static final Field<String> D_REASON = field(D.append("reason"), SQLDataType.CLOB);
    private static final Field<Short[]> LANES = param("lanes", SQLDataType.SMALLINT.array());
    private static final Field<Long[]> IDS = param("ids", SQLDataType.BIGINT.array());
    private static final Field<String[]> STATES = param("states", SQLDataType.CLOB.array());
    private static final Field<String[]> REASONS = param("reasons", SQLDataType.CLOB.array());
    private static final Table<?> EVENTS = table("unnest({0}, {1})", LANES, IDS).as(D, name("lane"), name("id"));

    /** Deletes delivered events. Parameters: lanes, ids. */
    static final String DELETE = render(
            deleteFrom(OUTBOX).using(EVENTS).where(OUTBOX.LANE.eq(D_LANE)).and(OUTBOX.ID.eq(D_ID)));

    /** Moves delivered events to where they are kept for a time. Parameters: lanes, ids. */
    static final String KEEP = render(keep());

    /** Sets events aside. Parameters: lanes, ids, states, reasons. */
    static final String SET_ASIDE = render(setAside());

    /** Deletes events that were released from quarantine, and delivered. Parameter: ids. */
    static final String DELETE_RELEASED = render(deleteFrom(QUARANTINE).where(QUARANTINE.ID.eq(DSL.any(IDS))));

    /** Moves events that were released from quarantine, and delivered, to where they are kept for a time. Parameter: ids. */
    static final String KEEP_RELEASED = render(keepReleased());

    /** Sets released events aside once more. Parameters: ids, states, reasons. */
    static final String SET_ASIDE_AGAIN = render(update(QUARANTINE)
            .set(QUARANTINE.STATE, D_STATE)
            .set(QUARANTINE.REASON, D_REASON)
            .set(QUARANTINE.QUARANTINED_AT, currentOffsetDateTime())
            .from(table("unnest({0}, {1}, {2})", IDS, STATES, REASONS).as(D, name("id"), name("state"), name("reason")))
            .where(QUARANTINE.ID.eq(D_ID)));

    private SettleStatements() {}

    /** Each statement by the name of its file. */
    static Map<String, String> rendered() {
        return Map.of(
                "settle-delete", DELETE,
                "settle-keep", KEEP,
                "settle-set-aside", SET_ASIDE,
                "settle-delete-released", DELETE_RELEASED,
                "settle-keep-released", KEEP_RELEASED,
                "settle-set-aside-again", SET_ASIDE_AGAIN);
    }

    private static Query keep() {
        CommonTableExpression<?> gone = name("gone")
                .as(deleteFrom(OUTBOX)
                        .using(EVENTS)
                        .where(OUTBOX.LANE.eq(D_LANE))
                        .and(OUTBOX.ID.eq(D_ID))
                        .returning(outboxColumns()));
        return with(gone).insertInto(SENT, in(SENT)).select((Select<?>)
                DSL.select(gone.fields()).from(gone));
    }

    private static Query keepReleased() {
        CommonTableExpression<?> gone = name("gone")
                .as(deleteFrom(QUARANTINE).where(QUARANTINE.ID.eq(DSL.any(IDS))).returning(in(QUARANTINE)));
        return with(gone).insertInto(SENT, in(SENT)).select((Select<?>)
                DSL.select(gone.fields()).from(gone));
    }

    private static Query setAside() {
        List<Field<?>> returned = new ArrayList<>(outboxColumns());
        returned.add(D_STATE);
        returned.add(D_REASON);
        CommonTableExpression<?> gone = name("gone")
                .as(deleteFrom(OUTBOX)
                        .using(table("unnest({0}, {1}, {2}, {3})", LANES, IDS, STATES, REASONS)
                                .as(D, name("lane"), name("id"), name("state"), name("reason")))
                        .where(OUTBOX.LANE.eq(D_LANE))
                        .and(OUTBOX.ID.eq(D_ID))
                        .returning(returned));
        List<Field<?>> target = new ArrayList<>(in(QUARANTINE));
        target.add(QUARANTINE.STATE);
        target.add(QUARANTINE.REASON);
        return with(gone).insertInto(QUARANTINE, target).select((Select<?>)
                DSL.select(gone.fields()).from(gone));
    }

    private static List<TableField<?, ?>> outboxColumns() {
        List<TableField<?, ?>> columns = new ArrayList<>();
        for (Field<?> field : OUTBOX.fields()) {
            columns.add((TableField<?, ?>) field);
        }
        return columns;
    }

    /** The outbox's columns as another table has them. */
    private static List<Field<?>> in(Table<?> other) {
        List<Field<?>> columns = new ArrayList<>();
        for (Field<?> field : OUTBOX.fields()) {
            columns.add(other.field(field));
        }
        return columns;
    }

    private static String render(Query query) {
        Settings settings = new Settings()
                .withRenderFormatted(true)
                .withRenderQuotedNames(RenderQuotedNames.EXPLICIT_DEFAULT_UNQUOTED);
        return DSL.using(SQLDialect.POSTGRES, settings)
                .renderContext()
                .paramType(ParamType.INDEXED)
                .visit(query)
                .render();
    }
}
