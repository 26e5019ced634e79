package dev.leat.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of one role in one database for single statements. A session is used again once what was set in it is discarded: most of the time of
 * a short statement is the start of its session. It keeps its plans, as an application's session does. A session that another one may have
 * changed the settings for is not used again.
 */
final class KeptSessions implements AutoCloseable {

    /** These take effect in new sessions. */
    private static final Pattern FOR_NEW_SESSIONS = Pattern.compile(
            "(?i)\\b(ALTER\\s+(DATABASE|ROLE|USER|SYSTEM|GROUP)|pg_reload_conf|session_preload|LOAD)\\b");

    /** DISCARD ALL without DISCARD PLANS. */
    private static final String DISCARD =
            "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; UNLISTEN *;"
                    + " SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD SEQUENCES; DISCARD TEMP";

    private static final AtomicLong CHANGES = new AtomicLong();
    private static final int VALID_SECONDS = 10;

    private final Source source;
    private final boolean kept;
    private final Deque<Kept> idle = new ConcurrentLinkedDeque<>();

    private record Kept(Connection connection, long changes) {}

    /** Opens a session. */
    interface Source {
        Connection open() throws SQLException;
    }

    /** What is done in a session. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    KeptSessions(Source source) {
        this(source, true);
    }

    private KeptSessions(Source source, boolean kept) {
        this.source = source;
        this.kept = kept;
    }

    /** Each use has a session of its own. */
    static KeptSessions none(Source source) {
        return new KeptSessions(source, false);
    }

    /**
     * Runs statements in a session that no one else uses meanwhile.
     *
     * @param sql for the message if it fails
     */
    <T> T use(String sql, Work<T> work) {
        long changes = CHANGES.get();
        try {
            Connection connection = open(changes);
            try {
                T result = work.with(connection);
                if (!kept) {
                    connection.close();
                    return result;
                }
                try (Statement statement = connection.createStatement()) {
                    statement.execute(DISCARD);
                }
                idle.push(new Kept(connection, changes));
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        } finally {
            if (FOR_NEW_SESSIONS.matcher(sql).find()) {
                CHANGES.incrementAndGet();
            }
        }
    }

    private Connection open(long changes) throws SQLException {
        @Nullable Kept next;
        while ((next = idle.poll()) != null) {
            if (next.changes == changes && next.connection.isValid(VALID_SECONDS)) {
                return next.connection;
            }
            next.connection.close();
        }
        return source.open();
    }

    @Override
    public void close() {
        @Nullable Kept next;
        while ((next = idle.poll()) != null) {
            try {
                next.connection.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
