package dev.leat.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * The pinned transactions of one connection. The driver's autocommit is off until this is closed, because the pin only lasts for a
 * transaction.
 */
final class Session {

    /**
     * What Leat's statements rest on, whatever the session, its role or its database has set: how names and literals are read, that a statement
     * sees what was committed before it, and that no limit of the application's ends it. The server ends the session if Leat has stopped or
     * vanished in the midst of the transaction, so that what it has locked does not block the application. Not by set_config: a query before it
     * would forbid SET TRANSACTION after it.
     */
    private static final String SETTINGS = "; SET LOCAL quote_all_identifiers = off"
            + "; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL standard_conforming_strings = on"
            + "; SET LOCAL array_nulls = on; SET LOCAL statement_timeout = 0; SET LOCAL tcp_user_timeout = '20s'"
            + "; SET LOCAL idle_in_transaction_session_timeout = '10s'";

    private static final String PIN = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE" + SETTINGS;

    /** A standby refuses READ WRITE, but queries must work there too. */
    private static final String PIN_OF_STANDBY = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED" + SETTINGS;

    /** Every name and operator is qualified: the session's search_path is not Leat's yet. */
    private static final String USED = """
            SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL OR EXISTS (
                SELECT FROM pg_catalog.pg_locks l
                 WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
                   AND l.relation OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)""";

    private final Connection connection;
    private final @Nullable BaseConnection driver;
    private final NetworkPatience patience;
    private final boolean autoCommitBefore;
    private boolean autoCommit = true;
    private boolean pinned;

    private Session(Connection connection, @Nullable BaseConnection driver) throws SQLException {
        this.connection = connection;
        this.driver = driver;
        this.patience = NetworkPatience.of(connection);
        this.autoCommitBefore = connection.getAutoCommit();
        connection.setAutoCommit(false);
    }

    static Session of(Connection connection) throws SQLException {
        BaseConnection driver = driver(connection);
        requireIdle(connection, driver);
        return new Session(connection, driver);
    }

    /** The driver's object that tells the transaction's state; null if the driver is not PostgreSQL's own. */
    static @Nullable BaseConnection driver(Connection connection) throws SQLException {
        return connection.isWrapperFor(BaseConnection.class) ? connection.unwrap(BaseConnection.class) : null;
    }

    /**
     * Leaves a connection without a transaction, or refuses it: what Leat sets, commits and rolls back would be that of somebody else's. A pool
     * may have set the connection up in a transaction and left that open; such a one is committed, as its first user would.
     */
    static void requireIdle(Connection connection, @Nullable BaseConnection driver) throws SQLException {
        if (driver == null || driver.getTransactionState() == TransactionState.IDLE) {
            return;
        }
        if (connection.getAutoCommit() || driver.getTransactionState() == TransactionState.FAILED || used(connection)) {
            throw new SQLException("the data source gave Leat a connection that is inside a transaction: Leat needs"
                    + " connections of its own, not one that is bound to the caller's transaction; and a pool that sets its"
                    + " connections up must commit that (HikariCP: isolateInternalQueries)");
        }
        connection.commit();
    }

    /** Whether the open transaction has done more than to set something. */
    private static boolean used(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(USED)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    Connection connection() {
        return connection;
    }

    boolean autoCommit() {
        return autoCommit;
    }

    /** Calls what may send something: in the open transaction, or in one of its own. */
    @Nullable
    Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        Object answer;
        try {
            pin();
            answer = plain(target, method, arguments);
        } catch (Throwable e) {
            if (autoCommit) {
                giveUp(e);
            }
            throw e;
        }
        if (autoCommit) {
            commit();
        }
        return answer;
    }

    /** Calls what sends nothing. */
    static @Nullable Object plain(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private void pin() throws SQLException {
        // A statement may have ended the transaction as well, by COMMIT in its text.
        if (pinned && (driver == null || driver.getTransactionState() != TransactionState.IDLE)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(standby() ? PIN_OF_STANDBY : PIN);
        }
        pinned = true;
    }

    private boolean standby() {
        return driver != null && "on".equals(driver.getParameterStatus("in_hot_standby"));
    }

    private void giveUp(Throwable cause) {
        try {
            rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    void commit() throws SQLException {
        pinned = false;
        connection.commit();
    }

    void rollback() throws SQLException {
        pinned = false;
        connection.rollback();
    }

    void setAutoCommit(boolean wanted) throws SQLException {
        if (wanted && !autoCommit) {
            // As JDBC has it: the change of mode commits.
            commit();
        }
        autoCommit = wanted;
    }

    void close() throws SQLException {
        if (connection.isClosed()) {
            return;
        }
        try (connection) {
            rollback();
            connection.setAutoCommit(autoCommitBefore);
            patience.restore();
        }
    }
}
