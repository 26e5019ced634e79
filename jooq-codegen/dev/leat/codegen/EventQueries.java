package dev.leat.codegen;

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
import java.util.List;
import java.util.Set;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.SelectQuery;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;

/**
 * The statements that read events. While events are small, each lane is read up to a number of them; weighing them on the way,
 * which costs the server several times as much, is for claims that may meet large ones.
 */
final class EventQueries {

    private static final Set<String> LONG = Set.of("type", "key", "before", "after", "context", "fault");
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

    private static final Table<?> LANES = table(
                    "unnest({0}, {1}, {2})", ClaimQueries.LANES, LIMITS, param("lows", SQLDataType.BIGINT.array()))
            .as(HELD_LANES, name("lane"), name("most"), name("low"));
    private static final Condition WAITS = O.LANE.eq(HELD_LANE)
            .and(O.ID.gt(field(HELD_LANES.append("low"), SQLDataType.BIGINT)))
            .and(DSL.condition(O.HELD).not().or(O.ID.le(param("watermark", SQLDataType.BIGINT))));

    /**
     * The next events of each lane; what is long of an event is left out if that is more than so many bytes. Parameters: the
     * bytes, the lanes, their limits, their lows, the watermark, the default stream, and the streams that rest.
     */
    static final String SMALL_EVENTS = ClaimQueries.render(small());

    /** The same, weighed. Parameters: the bounds of {@link #weighed}, the lanes, their limits, their lows, the watermark, and the rest of them. */
    static final String OUTBOX_EVENTS = ClaimQueries.render(weighed(O, LANES, WAITS));

    /** The released events of each lane, which go before anything in the outbox. Parameters: those of {@link #weighed}, the lanes, their limits. */
    static final String RELEASED_EVENTS = ClaimQueries.render(weighed(
            Q,
            table("unnest({0}, {1})", ClaimQueries.LANES, LIMITS).as(HELD_LANES, name("lane"), name("most")),
            field(Q.getQualifiedName().append("lane"), SQLDataType.SMALLINT)
                    .eq(HELD_LANE)
                    .and(Q.STATE.eq(inline("retry")))));

    private EventQueries() {}

    private static List<Field<?>> columns(Table<?> source) {
        return List.of(source.fields(
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
                OUTBOX.FAULT,
                OUTBOX.STREAM_KNOWN));
    }

    /** A lane's next events with their sizes. {@code octet_length} knows a value's size without fetching it. */
    private static Table<?> sized(Table<?> source, Condition condition) {
        Field<Integer> size = columns(source).stream()
                .filter(column -> LONG.contains(column.getName()))
                .map(column -> coalesce(octetLength(column.cast(SQLDataType.CLOB)), inline(0)))
                .reduce(Field::plus)
                .orElseThrow();
        return select(columns(source))
                .select(size.as(SIZE))
                .from(source)
                .where(condition)
                .and(coalesce(source.field(OUTBOX.STREAM), param("defaultStream", SQLDataType.CLOB))
                        .ne(DSL.all(param("resting", SQLDataType.CLOB.array()))))
                .orderBy(source.field(OUTBOX.ID))
                .limit(LIMIT)
                .asTable("s");
    }

    private static Select<?> small() {
        Field<Long> small = field(name("small"), SQLDataType.BIGINT);
        Table<?> bounds = table("(values ({0}))", param("smallBytes", SQLDataType.BIGINT))
                .as(name("bounds"), small.getUnqualifiedName());
        SelectQuery<Record> query = selectLong(O, SIZE.le(small));
        query.addSelect(SIZE);
        query.addFrom(bounds, LANES, lateral(sized(O, WAITS)));
        return query;
    }

    /**
     * In microseconds since the epoch, which the driver reads with less work than a time. Exact until 2106, when a double of
     * seconds becomes too coarse.
     */
    private static Field<Long> micros(Field<?> time) {
        return field("cast(pg_catalog.date_part('epoch', {0}) * 1000000 as bigint)", SQLDataType.BIGINT, time)
                .as("captured_at");
    }

    /** The columns, those that can be long only on a condition. */
    private static SelectQuery<Record> selectLong(Table<?> source, Condition read) {
        SelectQuery<Record> query = DSL.using(SQLDialect.POSTGRES).selectQuery();
        for (Field<?> column : columns(source)) {
            Field<?> plain = field(name("s").append(column.getUnqualifiedName()), column.getDataType());
            query.addSelect(selected(column, plain, read));
        }
        return query;
    }

    private static Field<?> selected(Field<?> column, Field<?> plain, Condition read) {
        if (column.getName().equals(OUTBOX.CAPTURED_AT.getName())) {
            return micros(plain);
        }
        return LONG.contains(column.getName()) ? when(read, plain).as(column.getName()) : plain;
    }

    /**
     * Reads of each lane in ascending order of id, up to a number of events and until they outweigh the lane's budget. What can
     * be long is not read of an event that is too large by itself, nor of those that come when the claim's budget is spent:
     * lane after lane each event adds to the total, and only one that nothing weighs before it may be above. The total counts
     * rows as they happen to come; whoever reads goes by {@code fits}, not by that order.
     *
     * <p>Parameters: first, in bytes, the size from which events are too large, the lane's budget, the claim's, and what a
     * first event may weigh; last the default stream, and the streams that rest.
     */
    private static Select<?> weighed(Table<?> source, Table<?> lanes, Condition condition) {
        Table<?> sized = sized(source, condition);
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
                .asTable("s");
        Condition fits = TOTAL.le(CLAIM_BUDGET).or(TOTAL.eq(WEIGHT).and(WEIGHT.le(ALONE)));
        SelectQuery<Record> query = selectLong(source, SIZE.le(TOO_LARGE).and(fits));
        query.addSelect(SIZE, RUNNING, field(fits).as("fits"));
        query.addFrom(totalled);
        return query;
    }
}
