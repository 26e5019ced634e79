package dev.leat.database;

import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Connections that are not pinned, but are also closed with the settings that they had. */
record Raw(DataSource unpinned) implements DataSource {

    @Override
    public Connection getConnection() throws SQLException {
        return Returned.of(unpinned.getConnection());
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        return Returned.of(unpinned.getConnection(username, password));
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

    /** Begins in autocommit mode; when closed, rolls back what is open and gives the connection its own mode again. */
    private record Returned(Connection connection, NetworkPatience patience, boolean autoCommitBefore)
            implements InvocationHandler {

        static Connection of(Connection connection) throws SQLException {
            try {
                Session.requireIdle(connection, Session.driver(connection));
                Returned returned =
                        new Returned(connection, NetworkPatience.of(connection), connection.getAutoCommit());
                if (!returned.autoCommitBefore) {
                    connection.setAutoCommit(true);
                }
                return (Connection)
                        Proxy.newProxyInstance(Raw.class.getClassLoader(), new Class<?>[] {Connection.class}, returned);
            } catch (SQLException | RuntimeException | Error e) {
                try (connection) {
                    throw e;
                }
            }
        }

        @Override
        public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments) throws Throwable {
            if (method.getName().equals("close")) {
                close();
                return null;
            }
            return Session.plain(connection, method, arguments);
        }

        private void close() throws SQLException {
            if (connection.isClosed()) {
                return;
            }
            try (connection) {
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                }
                if (connection.getAutoCommit() != autoCommitBefore) {
                    connection.setAutoCommit(autoCommitBefore);
                }
                patience.restore();
            }
        }
    }
}
