package dev.leat.database;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;

/**
 * A data source whose transactions are pinned. Each begins with {@code search_path = pg_catalog, pg_temp}, READ COMMITTED and, except on
 * a standby, READ WRITE, whatever the settings of the session, the role or the pool are.
 *
 * <p>A connection begins in autocommit mode, whatever the other's do. In that mode each statement is a transaction of its own,
 * and its rows are in memory before the call returns: {@code setFetchSize} has no effect. Connections refuse what would change
 * the session for others: {@code setSchema}, {@code setReadOnly}, {@code setTransactionIsolation} and {@code setClientInfo}. A connection
 * is closed with the autocommit mode and the network timeout that it had; uncommitted changes are rolled back. The role is not changed:
 * it is that of the given data source.
 *
 * <p>Statements that cannot run inside a transaction, such as {@code VACUUM}, cannot run here.
 */
public final class PinnedDataSource implements DataSource {

    private final DataSource unpinned;

    private PinnedDataSource(DataSource unpinned) {
        this.unpinned = unpinned;
    }

    /** Pins a data source. One that is already pinned is returned unchanged. */
    public static PinnedDataSource of(DataSource any) {
        return any instanceof PinnedDataSource pinned ? pinned : new PinnedDataSource(any);
    }

    @Override
    public Connection getConnection() throws SQLException {
        return PinnedConnection.of(unpinned.getConnection());
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return PinnedConnection.of(unpinned.getConnection(username, password));
    }

    /**
     * Connections whose transactions are not pinned, for statements that are safe by themselves: one that pins its transaction
     * before anything else in it, or one that is a call of a function by its qualified name, with parameters of exactly the
     * declared types and no operator. They too go back as they came.
     */
    public DataSource raw() {
        return new Raw(unpinned);
    }

    /**
     * Whether the server's sessions are the connections' own. A pooler gives its clients another process id than that of whichever
     * session serves them.
     *
     * <p>Asked without a transaction, and not prepared: the driver would prepare the statement, and BEGIN as well, under names
     * that other clients of a pooler then run into.
     */
    public boolean ownSessions() throws SQLException {
        try (Connection connection = raw().getConnection();
                Statement statement = connection.createStatement()) {
            if (!connection.isWrapperFor(PGConnection.class)) {
                return false;
            }
            statement.unwrap(PGStatement.class).setPrepareThreshold(0);
            try (ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_backend_pid()")) {
                row.next();
                return connection.unwrap(PGConnection.class).getBackendPID() == row.getInt(1);
            }
        }
    }

    @Override
    public @Nullable PrintWriter getLogWriter() throws SQLException {
        return unpinned.getLogWriter();
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) throws SQLException {
        unpinned.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        unpinned.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return unpinned.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return unpinned.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this) ? type.cast(this) : unpinned.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || unpinned.isWrapperFor(type);
    }
}
