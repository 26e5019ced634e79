package dev.leat.outbox;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Puts a gate between two statements of one message, in whichever order the message has them. The session waits at the gate while another
 * session holds the advisory lock {@link #GATE}.
 */
final class BetweenStatements {

    static final int GATE = 11;

    private final DataSource source;
    private final Set<String> marks;

    /**
     * @param marks of each of the two statements, a text that it alone contains
     */
    BetweenStatements(DataSource source, Set<String> marks) {
        this.source = source;
        this.marks = marks;
    }

    DataSource dataSource() {
        return wrap(DataSource.class, source);
    }

    private <T> T wrap(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                BetweenStatements.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("prepareStatement")) {
                        arguments[0] = gated((String) arguments[0]);
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection ? wrap(Connection.class, connection) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private String gated(String message) {
        if (!marks.stream().allMatch(message::contains)) {
            return message;
        }
        int first = marks.stream().mapToInt(message::indexOf).min().orElseThrow();
        int end = message.indexOf(";\n", first);
        return message.substring(0, end) + ";\nDO $$ BEGIN PERFORM pg_advisory_xact_lock(" + GATE + "); END $$"
                + message.substring(end);
    }
}
