package dev.leat.chaos;

import dev.leat.demo.RandomChoices;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Prepared transactions: a writer prepares them, and any writer ends them some time later. */
final class TwoPhase {

    /** The servers of the tests allow 20, other tests' included. */
    private static final int MOST = 6;

    private final String prefix;
    private final AtomicInteger number = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> prepared = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    TwoPhase(String prefix) {
        this.prefix = prefix;
    }

    /** Prepares the connection's transaction, unless enough others wait for their end. */
    boolean prepare(Connection connection) throws SQLException {
        if (waiting.get() >= MOST) {
            return false;
        }
        String name = prefix + "-" + number.incrementAndGet();
        try (Statement statement = connection.createStatement()) {
            statement.execute("PREPARE TRANSACTION '" + name + "'");
        }
        waiting.incrementAndGet();
        prepared.add(name);
        return true;
    }

    /** Commits or rolls back the one that has waited longest. The connection is in no transaction. */
    void end(Connection connection, RandomChoices choices) throws SQLException {
        @Nullable String name = prepared.poll();
        if (name == null) {
            return;
        }
        waiting.decrementAndGet();
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute((choices.chance(60) ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
        } finally {
            connection.setAutoCommit(false);
        }
    }
}
