package dev.leat.database;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection whose transactions are pinned; see {@link PinnedDataSource}. */
final class PinnedConnection implements InvocationHandler {

    /** Methods that would change the session for its next user. */
    private static final Set<String> REFUSED =
            Set.of("setSchema", "setReadOnly", "setTransactionIsolation", "setClientInfo", "setNetworkTimeout");

    /** Sends nothing, or nothing that names anything. */
    private static final Set<String> QUIET = Set.of(
            "abort",
            "beginRequest",
            "clearWarnings",
            "endRequest",
            "getClientInfo",
            "getHoldability",
            "getNetworkTimeout",
            "getTransactionIsolation",
            "getTypeMap",
            "getWarnings",
            "isClosed",
            "isReadOnly",
            "isValid",
            "nativeSQL",
            "setCatalog",
            "setHoldability",
            "setTypeMap");

    private final Session session;
    private final Connection proxy;

    private PinnedConnection(Session session) {
        this.session = session;
        this.proxy = (Connection) Proxy.newProxyInstance(
                PinnedConnection.class.getClassLoader(), new Class<?>[] {Connection.class}, this);
    }

    /**
     * @param unpinned nobody else makes use of it until this is closed, which closes it
     */
    static Connection of(Connection unpinned) throws SQLException {
        try {
            return new PinnedConnection(Session.of(unpinned)).proxy;
        } catch (SQLException | RuntimeException | Error e) {
            try (unpinned) {
                throw e;
            }
        }
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments) throws Throwable {
        String name = method.getName();
        return switch (name) {
            case "equals" -> arguments != null && arguments[0] == self;
            case "hashCode" -> System.identityHashCode(self);
            case "toString" -> "pinned " + session.connection();
            case "unwrap", "isWrapperFor" -> unwrap(self, method, arguments);
            case "getAutoCommit" -> session.autoCommit();
            case "setAutoCommit" -> {
                session.setAutoCommit(arguments != null && Boolean.TRUE.equals(arguments[0]));
                yield null;
            }
            case "commit" -> {
                requireTransactions(name);
                session.commit();
                yield null;
            }
            case "rollback" -> arguments == null ? rollback() : session.call(session.connection(), method, arguments);
            case "close" -> {
                session.close();
                yield null;
            }
            case "createStatement", "prepareStatement", "prepareCall", "getMetaData" ->
                guarded(Session.plain(session.connection(), method, arguments), method.getReturnType());
            default -> other(method, arguments);
        };
    }

    private @Nullable Object other(Method method, Object @Nullable [] arguments) throws Throwable {
        if (REFUSED.contains(method.getName())) {
            throw new SQLFeatureNotSupportedException(method.getName() + " would change the session for others");
        }
        return QUIET.contains(method.getName())
                ? Session.plain(session.connection(), method, arguments)
                : session.call(session.connection(), method, arguments);
    }

    private @Nullable Object rollback() throws SQLException {
        requireTransactions("rollback");
        session.rollback();
        return null;
    }

    private void requireTransactions(String call) throws SQLException {
        if (session.autoCommit()) {
            throw new SQLException("no " + call + " in autocommit mode", "25P01");
        }
    }

    private @Nullable Object unwrap(Object self, Method method, Object @Nullable [] arguments) throws Throwable {
        if (arguments != null && arguments[0] instanceof Class<?> type && type.isInstance(self)) {
            return method.getName().equals("unwrap") ? self : true;
        }
        return Session.plain(session.connection(), method, arguments);
    }

    private @Nullable Object guarded(@Nullable Object target, Class<?> type) {
        return target == null ? null : Guarded.of(target, type, session, proxy);
    }
}
