package dev.leat.upkeep;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Counts what one poller has delivered, by table and operation, and writes the counts to {@code leat.tally} now and then. For
 * {@code leat status}, not for accounting: a poller that is killed takes its last few seconds of counts with it.
 */
public final class Tallies implements PollerListener {

    private final UpkeepSql database;
    private final UUID poller;
    private final ConcurrentHashMap<Counted, LongAdder> counts = new ConcurrentHashMap<>();

    public Tallies(DataSource database, UUID poller) {
        this.database = new UpkeepSql(database);
        this.poller = poller;
    }

    private record Counted(
            @Nullable String schema, @Nullable String table, String op) {}

    @Override
    public void settled(List<Outcome> outcomes, Duration took) {
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Delivered delivered) {
                var subject = delivered.event().subject();
                var counted = new Counted(
                        subject.schema(),
                        subject.table(),
                        delivered.event().operation().code());
                counts.computeIfAbsent(counted, key -> new LongAdder()).increment();
            }
        }
    }

    /** Adds what was counted since the last flush to this poller's rows. */
    void flush() {
        List<Counted> keys = new ArrayList<>();
        List<Long> taken = new ArrayList<>();
        counts.forEach((key, adder) -> {
            long count = adder.sumThenReset();
            if (count > 0) {
                keys.add(key);
                taken.add(count);
            }
        });
        if (keys.isEmpty()) {
            return;
        }
        boolean written = false;
        try {
            write(keys, taken);
            written = true;
        } finally {
            if (!written) {
                giveBack(keys, taken);
            }
        }
    }

    private void giveBack(List<Counted> keys, List<Long> taken) {
        for (int i = 0; i < keys.size(); i++) {
            counts.computeIfAbsent(keys.get(i), key -> new LongAdder()).add(taken.get(i));
        }
    }

    private void write(List<Counted> keys, List<Long> taken) {
        // Not ON CONFLICT: domain events have no schema and no table, and null conflicts with nothing.
        database.run(
                """
                WITH delta AS (
                    SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[]) AS d(schema_name, table_name, op, settled)
                ), added AS (
                    UPDATE leat.tally t SET settled = t.settled + d.settled FROM delta d
                    WHERE t.poller = ? AND t.op = d.op::"char"
                      AND t.schema_name IS NOT DISTINCT FROM d.schema_name
                      AND t.table_name IS NOT DISTINCT FROM d.table_name
                    RETURNING d.schema_name, d.table_name, d.op
                )
                INSERT INTO leat.tally (poller, schema_name, table_name, op, settled)
                SELECT ?, d.schema_name, d.table_name, d.op::"char", d.settled FROM delta d
                WHERE NOT EXISTS (
                    SELECT FROM added a
                    WHERE a.op = d.op AND a.schema_name IS NOT DISTINCT FROM d.schema_name
                      AND a.table_name IS NOT DISTINCT FROM d.table_name)
                """,
                keys.stream().map(Counted::schema).toArray(String[]::new),
                keys.stream().map(Counted::table).toArray(String[]::new),
                keys.stream().map(Counted::op).toArray(String[]::new),
                taken.toArray(Long[]::new),
                poller,
                poller);
    }

    /**
     * Sums the rows of pollers that are gone into the rows without a poller. Two that do so at once leave two sums, which the
     * next one makes one again.
     */
    void foldGone() {
        database.run("""
                WITH gone AS (
                    DELETE FROM leat.tally t
                    WHERE (t.poller IS NULL OR NOT EXISTS (SELECT FROM leat.poller p WHERE p.poller = t.poller))
                      AND t.poller IS DISTINCT FROM ?
                      AND EXISTS (SELECT FROM leat.tally g WHERE g.poller IS NOT NULL AND g.poller IS DISTINCT FROM ?
                                  AND NOT EXISTS (SELECT FROM leat.poller p WHERE p.poller = g.poller))
                    RETURNING t.schema_name, t.table_name, t.op, t.settled
                )
                INSERT INTO leat.tally (poller, schema_name, table_name, op, settled)
                SELECT NULL, schema_name, table_name, op, sum(settled) FROM gone GROUP BY schema_name, table_name, op
                """, poller, poller);
    }
}
