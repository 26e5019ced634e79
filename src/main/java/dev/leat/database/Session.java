package dev.leat.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * The transactions of one connection. The driver's own autocommit is off as long as this lives: a pin without a transaction
 * around it would last for no statement.
 */
final class Session {

    /** Not by set_config: a query before it would forbid SET TRANSACTION after it. */
    private static final String PIN = "SET LOCAL search_path = pg_catalog, pg_temp";

    private final Connection connection;
    private final @Nullable BaseConnection driver;
    private final boolean autoCommitBefore;
    private boolean autoCommit = true;
    private boolean pinned;

    private Session(Connection connection, @Nullable BaseConnection driver) throws SQLException {
        this.connection = connection;
        this.driver = driver;
        this.autoCommitBefore = connection.getAutoCommit();
        connection.setAutoCommit(false);
    }

    static Session of(Connection connection) throws SQLException {
        BaseConnection driver = driver(connection);
        requireIdle(driver);
        return new Session(connection, driver);
    }

    /** What knows the transaction's state; null when the driver is not PostgreSQL's own. */
    static @Nullable BaseConnection driver(Connection connection) throws SQLException {
        return connection.isWrapperFor(BaseConnection.class) ? connection.unwrap(BaseConnection.class) : null;
    }

    /** What Leat sets, commits and rolls back would be that of somebody else's transaction. */
    static void requireIdle(@Nullable BaseConnection driver) throws SQLException {
        if (driver != null && driver.getTransactionState() != TransactionState.IDLE) {
            throw new SQLException("the data source gave Leat a connection that is inside a transaction: Leat needs"
                    + " connections of its own, not one that is bound to the caller's transaction");
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
            statement.execute(PIN);
        }
        pinned = true;
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
        }
    }
}
