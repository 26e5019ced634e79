package dev.leat.database;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Proxies of the JDBC objects that a pinned connection returns: statements, result sets and metadata. The driver sends queries of its
 * own, for unknown types and for the tables of columns. So every call runs in a pinned transaction, except calls that are known to send
 * nothing.
 */
final class Guarded implements InvocationHandler {

    private static final List<Class<?>> GUARDED = List.of(
            CallableStatement.class,
            PreparedStatement.class,
            Statement.class,
            ResultSet.class,
            ResultSetMetaData.class,
            ParameterMetaData.class,
            DatabaseMetaData.class,
            Array.class);

    /** Of all of them. */
    private static final Set<String> QUIET = Set.of(
            // Statements
            "addBatch",
            "cancel",
            "clearBatch",
            "clearParameters",
            "clearWarnings",
            "close",
            "closeOnCompletion",
            "enquoteIdentifier",
            "enquoteLiteral",
            "enquoteNCharLiteral",
            "free",
            "getFetchDirection",
            "getFetchSize",
            "getGeneratedKeys",
            "getLargeMaxRows",
            "getLargeUpdateCount",
            "getMaxFieldSize",
            "getMaxRows",
            "getQueryTimeout",
            "getResultSet",
            "getResultSetConcurrency",
            "getResultSetHoldability",
            "getResultSetType",
            "getUpdateCount",
            "getWarnings",
            "isCloseOnCompletion",
            "isClosed",
            "isPoolable",
            "isSimpleIdentifier",
            "setBigDecimal",
            "setBoolean",
            "setByte",
            "setBytes",
            "setCursorName",
            "setDate",
            "setDouble",
            "setEscapeProcessing",
            "setFetchDirection",
            "setFetchSize",
            "setFloat",
            "setInt",
            "setLargeMaxRows",
            "setLong",
            "setMaxFieldSize",
            "setMaxRows",
            "setPoolable",
            "setQueryTimeout",
            "setShort",
            "setString",
            "setTime",
            "setTimestamp",
            // Rows
            "findColumn",
            "getBigDecimal",
            "getBoolean",
            "getByte",
            "getBytes",
            "getConcurrency",
            "getDate",
            "getDouble",
            "getFloat",
            "getHoldability",
            "getInt",
            "getLong",
            "getRow",
            "getShort",
            "getString",
            "getTime",
            "getTimestamp",
            "getType",
            "isAfterLast",
            "isBeforeFirst",
            "isFirst",
            "wasNull",
            // Columns
            "getColumnCount",
            "getColumnLabel",
            "getColumnName",
            // The database
            "getDatabaseMajorVersion",
            "getDatabaseMinorVersion",
            "getDatabaseProductName",
            "getDatabaseProductVersion",
            "getDriverMajorVersion",
            "getDriverMinorVersion",
            "getDriverName",
            "getDriverVersion",
            "getIdentifierQuoteString",
            "getJDBCMajorVersion",
            "getJDBCMinorVersion",
            "getURL",
            "getUserName",
            "supportsBatchUpdates");

    private final Object target;
    private final Session session;
    private final Object parent;

    private Guarded(Object target, Session session, Object parent) {
        this.target = target;
        this.session = session;
        this.parent = parent;
    }

    /**
     * @param type of the method that returned it
     * @param parent the connection, or the statement that it came from
     */
    static Object of(Object target, Class<?> type, Session session, Object parent) {
        return Proxy.newProxyInstance(
                Guarded.class.getClassLoader(), new Class<?>[] {type}, new Guarded(target, session, parent));
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments) throws Throwable {
        String name = method.getName();
        return switch (name) {
            case "equals" -> arguments != null && arguments[0] == self;
            case "hashCode" -> System.identityHashCode(self);
            case "toString" -> target.toString();
            case "unwrap", "isWrapperFor" -> Session.plain(target, method, arguments);
            case "getConnection" -> parent;
            case "getStatement" -> parent instanceof Statement ? parent : Session.plain(target, method, arguments);
            default -> guarded(self, method, call(method, Unguarded.all(arguments)));
        };
    }

    private @Nullable Object call(Method method, Object @Nullable [] arguments) throws Throwable {
        if (quiet(method)) {
            return Session.plain(target, method, arguments);
        }
        if (session.autoCommit() && target instanceof Statement statement && statement.getFetchSize() != 0) {
            // The end of the transaction would close a cursor at the server.
            statement.setFetchSize(0);
        }
        return session.call(target, method, arguments);
    }

    private boolean quiet(Method method) {
        String name = method.getName();
        return switch (name) {
            case "setNull" -> method.getParameterCount() == 2;
            case "getMetaData" -> target instanceof ResultSet;
            // In autocommit mode all rows are here; else this may fetch more of them, in the transaction.
            case "next", "getMoreResults" -> session.autoCommit();
            default -> QUIET.contains(name);
        };
    }

    private @Nullable Object guarded(Object self, Method method, @Nullable Object answer) {
        if (answer == null) {
            return null;
        }
        Class<?> declared = method.getReturnType();
        if (declared == Object.class && answer instanceof Array) {
            declared = Array.class;
        }
        return GUARDED.contains(declared) ? of(answer, declared, session, self) : answer;
    }

    /** The driver knows only what it has given out itself. */
    private static final class Unguarded {

        private Unguarded() {}

        static Object @Nullable [] all(Object @Nullable [] arguments) {
            if (arguments == null) {
                return null;
            }
            Object[] all = arguments.clone();
            for (int i = 0; i < all.length; i++) {
                if (all[i] instanceof Proxy proxy && Proxy.getInvocationHandler(proxy) instanceof Guarded guarded) {
                    all[i] = guarded.target;
                }
            }
            return all;
        }
    }
}
