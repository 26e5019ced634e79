package dev.leat.upkeep;

import java.time.Duration;
import javax.sql.DataSource;

/** The SQL functions that somebody has to call now and then; any poller may, and of several at once one does the work. */
final class Housekeeping {

    private final UpkeepSql database;

    Housekeeping(DataSource database) {
        this.database = new UpkeepSql(database);
    }

    /** Brings capture up to date with changed tables, also where no event trigger could be created. */
    void refresh() {
        database.run("SELECT leat.refresh()");
    }

    /** Drops the partitions of {@code leat.sent} that are older than that, and makes room for what comes. */
    void rotateSent(Duration keep) {
        database.run("SELECT leat.rotate_sent(make_interval(secs => ?))", keep.toSeconds());
    }
}
