package dev.leat.upkeep;

import java.time.Duration;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** The SQL functions that somebody has to call now and then; any poller may, and several at once do no harm. */
final class Housekeeping {

    private final DSLContext database;

    Housekeeping(DataSource database) {
        this.database = Dsl.of(database);
    }

    /** Notices changed tables, so that their capture follows them even where no event trigger could be created. */
    void refresh() {
        call("SELECT leat.refresh()", null);
    }

    /** Drops the days of {@code leat.sent} that are older than that, and makes room for the days to come. */
    void rotateSent(Duration keep) {
        call("SELECT leat.rotate_sent(make_interval(secs => ?))", keep.toSeconds());
    }

    private void call(String function, @Nullable Object argument) {
        database.transaction(transaction -> {
            // Short: whoever waits for a table's lock makes the application queue behind it.
            transaction.dsl().execute("SET LOCAL lock_timeout = '500ms'");
            if (argument == null) {
                transaction.dsl().fetch(function);
            } else {
                transaction.dsl().fetch(function, argument);
            }
        });
    }
}
