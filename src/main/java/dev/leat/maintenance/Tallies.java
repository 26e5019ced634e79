package dev.leat.maintenance;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Counts what one poller has delivered, by table and operation, and writes the counts to {@code leat_internal.tally} now and then. For
 * {@code leat status}, not for accounting: the last few seconds of counts of a killed poller are lost.
 */
public final class Tallies implements PollerListener {

    private final StatementRunner database;
    private final UUID poller;
    private final ConcurrentHashMap<Counted, LongAdder> counts = new ConcurrentHashMap<>();

    public Tallies(DataSource database, UUID poller) {
        this.database = new StatementRunner(database);
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
        database.run(
                "SELECT leat_poller.note_counts(?, ?, ?, ?, ?)",
                poller,
                keys.stream().map(Counted::schema).toArray(String[]::new),
                keys.stream().map(Counted::table).toArray(String[]::new),
                keys.stream().map(Counted::op).toArray(String[]::new),
                taken.toArray(Long[]::new));
    }

    /** Sums the rows of pollers that are gone into the rows without a poller. */
    void foldGone() {
        database.run("SELECT leat_poller.fold_counts(?)", poller);
    }
}
