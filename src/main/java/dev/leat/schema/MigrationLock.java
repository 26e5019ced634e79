package dev.leat.schema;

import dev.leat.database.PinnedDataSource;
import dev.leat.database.StatementRunner;
import dev.leat.pipeline.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The advisory lock by which Flyway prevents two migrations at the same time. Its number is not secret, so any role that may connect can
 * hold it for any time. A migration waits for it for a limited time, and then reports which sessions hold it.
 */
final class MigrationLock {

    /** Flyway's: the word of its own, to which the hash of the quoted name of its history table is added. */
    private static final long FLYWAY = 0x46L << 40 | 0x6CL << 32 | 0x79L << 24 | 0x77L << 16 | 0x61L << 8 | 0x79L;

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);

    private final PinnedDataSource database;
    private final long number;

    MigrationLock(PinnedDataSource database, String schema, String historyTable) {
        this.database = database;
        this.number = FLYWAY + ("\"" + schema + "\".\"" + historyTable + "\"").hashCode();
    }

    long number() {
        return number;
    }

    /**
     * Waits until no session holds the lock.
     *
     * @throws MigrationLocked when somebody has held it for all that time
     */
    void await(Duration patience, LongSupplier nanoTime) {
        long start = nanoTime.getAsLong();
        String holder = holder();
        while (!holder.isEmpty()) {
            if (nanoTime.getAsLong() - start >= patience.toNanos()) {
                throw held(holder);
            }
            try {
                Thread.sleep(BETWEEN_LOOKS.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw held(holder);
            }
            holder = holder();
        }
    }

    /** Builds the error of a migration that has waited too long. */
    MigrationLocked held(String holder) {
        return new MigrationLocked((holder.isEmpty() ? "another session" : holder)
                + " holds the lock that keeps two migrations apart: if it"
                + " is no `leat migrate`, end it (SELECT pg_terminate_backend(pid)), then run `leat migrate` again");
    }

    /** The sessions that hold the lock, as text; empty if there are none. */
    String holder() {
        List<List<String>> holders;
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            holders = StatementRunner.rows(connection, """
                    SELECT k.pid, a.usename, a.application_name
                    FROM pg_catalog.pg_locks k LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid
                    WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
                      AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                      AND k.classid = ?::oid AND k.objid = ?::oid
                    """, number >>> 32, number & 0xFFFF_FFFFL);
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
        if (holders.isEmpty()) {
            return "";
        }
        List<String> one = holders.get(0);
        return "backend " + one.get(0) + " of role " + one.get(1)
                + (one.get(2).isEmpty() ? "" : " (" + one.get(2) + ")");
    }
}
