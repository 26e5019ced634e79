package dev.leat.schema;

import dev.leat.database.PinnedDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Pinned connections for Flyway, which sets two things of a session: its search_path, and its role. It means to set both back,
 * but behind a pooler in transaction mode that reaches another session than the one it has changed. So neither is set: scripts
 * run with the pinned path, and a role is set for the transaction alone.
 *
 * <p>The transaction that holds the lock against a second migration is idle while the scripts run. It may be so for any time, because it
 * has locked nothing else.
 */
final class FlywayConnections implements InvocationHandler {

    private static final String SETS_PATH = "SELECT set_config('search_path', ?, false)";
    /** Takes the same parameter and does nothing with it. */
    private static final String SETS_NOTHING = "SELECT CAST(? AS pg_catalog.text)";

    private static final String LOCKS = "SELECT pg_try_advisory_xact_lock(";
    private static final String MAY_BE_IDLE =
            ", pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true)";

    private static final String SETS_ROLE = "SET ROLE ";
    private static final String SETS_ROLE_OF_TRANSACTION = "SET LOCAL ROLE ";

    private final Object target;

    private FlywayConnections(Object target) {
        this.target = target;
    }

    static DataSource of(PinnedDataSource database) {
        return proxy(DataSource.class, database);
    }

    private static <T> T proxy(Class<T> type, Object target) {
        return type.cast(Proxy.newProxyInstance(
                FlywayConnections.class.getClassLoader(), new Class<?>[] {type}, new FlywayConnections(target)));
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments) throws Throwable {
        if (method.getName().equals("prepareStatement")
                && arguments != null
                && arguments[0] instanceof String statement) {
            arguments[0] = ofTransaction(statement);
        }
        try {
            Object answer = method.invoke(target, arguments);
            return method.getName().equals("getConnection") && answer != null
                    ? proxy(Connection.class, answer)
                    : answer;
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private static String ofTransaction(String statement) {
        if (statement.equals(SETS_PATH)) {
            return SETS_NOTHING;
        }
        if (statement.startsWith(LOCKS)) {
            return statement + MAY_BE_IDLE;
        }
        return statement.startsWith(SETS_ROLE)
                ? SETS_ROLE_OF_TRANSACTION + statement.substring(SETS_ROLE.length())
                : statement;
    }
}
