package dev.leat.claim;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import javax.sql.DataSource;

/** Lets something happen once between two statements of a session, in whichever order the session runs the two. */
final class BetweenStatements {

    /** What happens in between, on another connection. */
    interface Happening {
        void happen() throws SQLException;
    }

    private final DataSource source;
    private final Set<String> marks;
    private final Set<String> awaited = new HashSet<>();
    private final Happening happening;

    /**
     * @param marks of each of the two statements, a text that it alone contains
     */
    BetweenStatements(DataSource source, Set<String> marks, Happening happening) {
        this.source = source;
        this.marks = marks;
        this.happening = happening;
    }

    /** From now on the two are looked out for. */
    void arm() {
        awaited.addAll(marks);
    }

    DataSource dataSource() {
        return wrap(DataSource.class, source);
    }

    private <T> T wrap(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                BetweenStatements.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("executeQuery") && arguments != null) {
                        before((String) arguments[0]);
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        if (result instanceof Connection connection) {
                            return wrap(Connection.class, connection);
                        }
                        return method.getName().equals("createStatement")
                                ? wrap(Statement.class, (Statement) result)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private void before(String sql) throws SQLException {
        int left = awaited.size();
        if (awaited.removeIf(sql::contains) && left == 1) {
            happening.happen();
        }
    }
}
