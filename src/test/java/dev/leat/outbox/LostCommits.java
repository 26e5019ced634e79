package dev.leat.outbox;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** Connections whose commit may not reach the database, or whose answer may not come back. */
final class LostCommits {

    /** What happens to a commit. */
    enum Fate {
        ANSWERED,
        /** The connection is lost before: the database rolls back. */
        NOT_SENT,
        /** The connection is lost after it: the database has committed, and nobody is told. */
        NOT_ANSWERED
    }

    private final DataSource source;
    private final Supplier<Fate> fates;

    LostCommits(DataSource source, Supplier<Fate> fates) {
        this.source = source;
        this.fates = fates;
    }

    DataSource dataSource() {
        return wrap(DataSource.class, source);
    }

    private <T> T wrap(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                LostCommits.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        if (method.getName().equals("commit")) {
                            commit((Connection) target);
                            return null;
                        }
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection ? wrap(Connection.class, connection) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private void commit(Connection connection) throws SQLException {
        Fate fate = fates.get();
        if (fate != Fate.NOT_SENT) {
            connection.commit();
        }
        if (fate != Fate.ANSWERED) {
            connection.close();
            throw new SQLException("the connection is lost", "08006");
        }
    }
}
