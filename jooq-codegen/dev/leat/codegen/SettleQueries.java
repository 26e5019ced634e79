package dev.leat.codegen;

import static dev.leat.jooq.generated.Tables.OUTBOX;
import static dev.leat.jooq.generated.Tables.QUARANTINE;
import static dev.leat.jooq.generated.Tables.SENT;
import static org.jooq.impl.DSL.currentOffsetDateTime;
import static org.jooq.impl.DSL.deleteFrom;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.param;
import static org.jooq.impl.DSL.update;
import static org.jooq.impl.DSL.with;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jooq.CommonTableExpression;
import org.jooq.Condition;
import org.jooq.Field;
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

/**
 * The statements of settlement.
 *
 * <p>The outbox's take one lane, and join nothing: where statistics were taken while the outbox was empty, a join with a list of
 * events reads its whole index, dead rows and all, and compares each row with each event.
 */
public final class SettleQueries {

    private static final Field<Short> LANE = param("lane", SQLDataType.SMALLINT);
    private static final Field<Long> ID = param("id", SQLDataType.BIGINT);
    private static final Field<Long[]> IDS = param("ids", SQLDataType.BIGINT.array());
    /** The range is said too: without it a plan may go through all of the lane's dead rows in search of the ids. */
    private static final Condition OF_A_LANE = OUTBOX.LANE
            .eq(LANE)
            .and(OUTBOX.ID.between(param("first", SQLDataType.BIGINT), param("last", SQLDataType.BIGINT)))
            .and(OUTBOX.ID.eq(DSL.any(IDS)));

    private static final Field<String> STATE = param("state", SQLDataType.CLOB);
    private static final Field<String> REASON = param("reason", SQLDataType.CLOB);

    /** Deletes delivered events. Parameters: their lane, the first id, the last, all of them. */
    static final String DELETE = render(deleteFrom(OUTBOX).where(OF_A_LANE));

    /** Moves delivered events to where they are kept for a time. Parameters: their lane, the first id, the last, all of them. */
    static final String KEEP = render(keep());

    /** Sets an event aside. Parameters: its lane, id, state, reason. */
    static final String SET_ASIDE = render(setAside());

    /** Deletes events that were released from quarantine, and delivered. Parameter: ids. */
    static final String DELETE_RELEASED = render(deleteFrom(QUARANTINE).where(QUARANTINE.ID.eq(DSL.any(IDS))));

    /** Moves events that were released from quarantine, and delivered, to where they are kept for a time. Parameter: ids. */
    static final String KEEP_RELEASED = render(keepReleased());

    /** Sets a released event aside once more. Parameters: state, reason, id. */
    static final String SET_ASIDE_AGAIN = render(update(QUARANTINE)
            .set(QUARANTINE.STATE, STATE)
            .set(QUARANTINE.REASON, REASON)
            .set(QUARANTINE.QUARANTINED_AT, currentOffsetDateTime())
            .where(QUARANTINE.ID.eq(ID)));

    private SettleQueries() {}

    /** Each statement by the name of its file. */
    public static Map<String, String> rendered() {
        return Map.of(
                "settle-delete", DELETE,
                "settle-keep", KEEP,
                "settle-set-aside", SET_ASIDE,
                "settle-delete-released", DELETE_RELEASED,
                "settle-keep-released", KEEP_RELEASED,
                "settle-set-aside-again", SET_ASIDE_AGAIN);
    }

    private static Query keep() {
        CommonTableExpression<?> gone =
                name("gone").as(deleteFrom(OUTBOX).where(OF_A_LANE).returning(outboxColumns()));
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
        CommonTableExpression<?> gone = name("gone")
                .as(deleteFrom(OUTBOX)
                        .where(OUTBOX.LANE.eq(LANE))
                        .and(OUTBOX.ID.eq(ID))
                        .returning(outboxColumns()));
        List<Field<?>> target = new ArrayList<>(in(QUARANTINE));
        target.add(QUARANTINE.STATE);
        target.add(QUARANTINE.REASON);
        List<Field<?>> moved = new ArrayList<>(List.of(gone.fields()));
        moved.add(STATE);
        moved.add(REASON);
        return with(gone).insertInto(QUARANTINE, target).select((Select<?>)
                DSL.select(moved).from(gone));
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
