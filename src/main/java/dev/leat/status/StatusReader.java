package dev.leat.status;

import static dev.leat.jooq.generated.Tables.LANE;
import static dev.leat.jooq.generated.Tables.POLLER;
import static org.jooq.impl.DSL.field;

import dev.leat.Operation;
import dev.leat.jooq.Dsl;
import dev.leat.maintenance.PollerRegistry;
import dev.leat.status.Status.Counts;
import dev.leat.status.Status.HeldLane;
import dev.leat.status.Status.OutboxStatus;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Reads the status in one snapshot, without locks. */
public final class StatusReader {

    /** The number of events at which counting stops; an exact number would take seconds. */
    static final int COUNT_AT_MOST = 1_000_000;

    private final DSLContext database;
    private final int countAtMost;

    public StatusReader(DataSource database) {
        this(database, COUNT_AT_MOST);
    }

    StatusReader(DataSource database, int countAtMost) {
        this.database = Dsl.of(database);
        this.countAtMost = countAtMost;
    }

    /**
     * @throws org.jooq.exception.DataAccessException if the query fails, or this role may not read it
     */
    public Status read() {
        return database.transactionResult(transaction -> {
            DSLContext in = transaction.dsl();
            in.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            in.execute("SET LOCAL statement_timeout = '60s'");
            Map<Name, Line> lines = new LinkedHashMap<>();
            attached(in, lines);
            settled(in, lines);
            Map<String, Long> quarantine = quarantine(in, lines);
            long events = waiting(in, lines);
            List<HeldLane> held = held(in);
            return new Status(
                    in.fetchSingle("SELECT leat.schema_version()").get(0, int.class),
                    TableFaults.of(in).stream()
                            .filter(TableFaults.TableFault::severe)
                            .map(fault -> fault.text() + ": " + fault.remedy())
                            .toList(),
                    lines.entrySet().stream()
                            .map(line -> line.getValue().table(line.getKey()))
                            .toList(),
                    backlog(in, events),
                    in.fetchCount(LANE),
                    held,
                    pollers(in, held),
                    LoadReader.read(in),
                    ReplayReader.running(in),
                    shards(in),
                    quarantine);
        });
    }

    private record Name(@Nullable String schema, @Nullable String table) {}

    private static final class Line {
        private boolean attached;
        private @Nullable String captureFault;
        private @Nullable String stream;
        private final Map<Operation, Counts> counts = new EnumMap<>(Operation.class);

        /**
         * @param operation its code
         */
        void add(String operation, Counts more) {
            counts.merge(Operation.of(operation), more, Counts::plus);
        }

        Status.Table table(Name name) {
            return new Status.Table(name.schema(), name.table(), attached, captureFault, stream, counts);
        }
    }

    private static Line line(Map<Name, Line> lines, Record row) {
        return lines.computeIfAbsent(new Name(row.get(0, String.class), row.get(1, String.class)), name -> new Line());
    }

    private static void attached(DSLContext in, Map<Name, Line> lines) {
        for (Record row : in.fetch("""
                SELECT schema_name, table_name, stream,
                       CASE WHEN row_trigger = 'dropped' THEN 'dropped'
                            WHEN row_trigger = 'not attached' THEN 'it is not the table that was attached'
                            WHEN row_trigger NOT IN ('enabled', 'not wanted') THEN 'row trigger ' || row_trigger
                            WHEN truncate_trigger NOT IN ('enabled', 'not wanted') THEN 'truncate trigger ' || truncate_trigger END
                FROM leat.attached() WHERE table_name IS NOT NULL ORDER BY 1, 2
                """)) {
            Line line = line(lines, row);
            line.attached = true;
            line.stream = row.get(2, String.class);
            line.captureFault = row.get(3, String.class);
        }
    }

    private static void settled(DSLContext in, Map<Name, Line> lines) {
        for (Record row : in.fetch("""
                SELECT schema_name, table_name, op::text, published, discarded FROM leat_poller.counter
                WHERE published + discarded > 0 ORDER BY 1, 2
                """)) {
            line(lines, row)
                    .add(row.get(2, String.class), new Counts(row.get(3, long.class), 0, row.get(4, long.class), 0));
        }
    }

    /** Returns the counts of all tables, by state. */
    private static Map<String, Long> quarantine(DSLContext in, Map<Name, Line> lines) {
        Map<String, Long> states = new LinkedHashMap<>();
        for (String state : List.of("quarantined", "waiting", "retry", "discarded")) {
            states.put(state, 0L);
        }
        for (Record row : in.fetch("""
                SELECT schema_name, table_name, op::text, state, count(*), count(*) FILTER (WHERE replay IS NULL) FROM leat_poller.quarantine
                WHERE replay IS NULL OR state <> 'retry'
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
                """)) {
            states.merge(row.get(3, String.class), row.get(4, long.class), Long::sum);
            // What a replay sends again was counted as published.
            long events = row.get(5, long.class);
            if (events > 0 && !"discarded".equals(row.get(3, String.class))) {
                line(lines, row).add(row.get(2, String.class), new Counts(0, events, 0, 0));
            }
        }
        return states;
    }

    private long waiting(DSLContext in, Map<Name, Line> lines) {
        long events = 0;
        for (Record row : in.fetch("""
                SELECT schema_name, table_name, op::text, count(*)
                FROM (SELECT schema_name, table_name, op FROM leat_poller.outbox LIMIT ?) AS counted
                GROUP BY 1, 2, 3 ORDER BY 1, 2
                """, countAtMost + 1)) {
            long count = row.get(3, Long.class);
            events += count;
            line(lines, row).add(row.get(2, String.class), new Counts(0, 0, 0, count));
        }
        return events;
    }

    private OutboxStatus backlog(DSLContext in, long events) {
        // By the first event of each lane: the index knows it, however many there are.
        Record oldest = in.fetchSingle("""
                SELECT min(o.captured_at),
                       CASE WHEN count(*) > 0
                            THEN greatest(0, extract(epoch FROM clock_timestamp() - min(o.captured_at)))::float8 END,
                       (SELECT pg_catalog.pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'leat_internal' AND c.relname = 'outbox')
                FROM leat_poller.lane l
                CROSS JOIN LATERAL (SELECT captured_at FROM leat_poller.outbox WHERE lane = l.lane ORDER BY id LIMIT 1) o
                """);
        return new OutboxStatus(
                Math.min(events, countAtMost),
                events > countAtMost,
                oldest.get(0, Instant.class),
                oldest.get(1, Double.class),
                oldest.get(2, long.class));
    }

    private static List<HeldLane> held(DSLContext in) {
        // A row lock stands in the row's xmax; it is held as long as that transaction lives.
        return in.fetch("""
                        SELECT l.lane, k.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.xact_start)::float8
                        FROM leat_poller.lane l
                        JOIN pg_catalog.pg_locks k ON k.locktype = 'transactionid' AND k.granted
                             AND k.mode = 'ExclusiveLock' AND k.transactionid = l.holder
                        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
                        ORDER BY l.lane
                        """)
                .map(row -> new HeldLane(
                        row.get(0, int.class),
                        row.get(1, Integer.class),
                        row.get(2, String.class),
                        poller(row.get(2, String.class)),
                        row.get(3, Double.class)));
    }

    private static @Nullable UUID poller(@Nullable String application) {
        if (application == null || !application.startsWith(PollerRegistry.APPLICATION_PREFIX)) {
            return null;
        }
        try {
            return UUID.fromString(application.substring(PollerRegistry.APPLICATION_PREFIX.length()));
        } catch (IllegalArgumentException e) {
            // Another command of Leat's, such as "leat status".
            return null;
        }
    }

    private static List<Status.PollerStatus> pollers(DSLContext in, List<HeldLane> held) {
        Field<Boolean> alive = field(
                "abs(extract(epoch FROM clock_timestamp() - seen_at)) < " + PollerRegistry.ALIVE_SECONDS,
                Boolean.class);
        List<Status.PollerStatus> pollers = new ArrayList<>();
        for (Record row : in.select(
                        POLLER.POLLER_,
                        POLLER.HOST,
                        POLLER.PID,
                        POLLER.VERSION,
                        POLLER.STARTED_AT,
                        POLLER.SEEN_AT,
                        alive)
                .from(POLLER)
                .orderBy(POLLER.STARTED_AT, POLLER.POLLER_)) {
            UUID id = row.get(POLLER.POLLER_);
            pollers.add(new Status.PollerStatus(
                    id,
                    row.get(POLLER.HOST),
                    row.get(POLLER.PID),
                    row.get(POLLER.VERSION),
                    instant(row.get(POLLER.STARTED_AT)),
                    instant(row.get(POLLER.SEEN_AT)),
                    row.get(alive),
                    (int) held.stream().filter(lane -> id.equals(lane.poller())).count()));
        }
        return pollers;
    }

    private static List<Status.Shard> shards(DSLContext in) {
        return in.fetch("""
                        SELECT stream, shard, sum(records / seconds)::float8, sum(bytes / seconds)::float8,
                               (sum(refused) / sum(records::numeric + refused))::float8
                        FROM leat_poller.shard_use
                        WHERE measured_at BETWEEN clock_timestamp() - interval '15 seconds'
                                              AND clock_timestamp() + interval '15 seconds'
                        GROUP BY stream, shard HAVING sum(records::numeric + refused) > 0 ORDER BY stream, shard
                        """)
                .map(row -> new Status.Shard(
                        row.get(0, String.class),
                        row.get(1, String.class),
                        row.get(2, double.class),
                        row.get(3, double.class),
                        row.get(4, double.class)));
    }

    private static Instant instant(OffsetDateTime time) {
        return time.toInstant();
    }
}
