package dev.leat.maintenance;

import dev.leat.Backlog;
import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads the backlog of the outbox while a part of a poller fails, so that its warnings can include it. */
public final class BacklogWatch {

    /** In any order: with a long backlog some old event is as good as the oldest. */
    private static final String LOOK = """
            SELECT count(*) || ' ' || coalesce(greatest(0, round(1000 * extract(epoch FROM clock_timestamp() - min(captured_at)))), 0)
              FROM (SELECT captured_at FROM leat_poller.outbox LIMIT ?) AS counted
            """;

    private final StatementRunner database;
    private final BooleanSupplier wanted;
    private final Consumer<@Nullable Backlog> told;

    /**
     * @param wanted whether anything fails
     * @param told what was seen; null: it could not be read
     */
    public BacklogWatch(DataSource database, BooleanSupplier wanted, Consumer<@Nullable Backlog> told) {
        this.database = new StatementRunner(database);
        this.wanted = wanted;
        this.told = told;
    }

    /**
     * @throws dev.leat.pipeline.DatabaseUnavailable when the outbox cannot be read, with the database's own words
     */
    public void look() {
        if (!wanted.getAsBoolean()) {
            return;
        }
        Backlog seen = null;
        try {
            seen = read();
        } finally {
            told.accept(seen);
        }
    }

    private Backlog read() {
        Object row = Objects.requireNonNull(database.run(LOOK, Backlog.MOST));
        String[] figures = row.toString().split(" ", -1);
        return new Backlog(Long.parseLong(figures[0]), Duration.ofMillis(Long.parseLong(figures[1])));
    }
}
