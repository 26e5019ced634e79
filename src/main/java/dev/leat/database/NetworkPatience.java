package dev.leat.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * The network timeout of a connection. An application's timeout may be a second, but some of Leat's statements wait longer for locks. The
 * server ends them after {@value #MILLIS} ms.
 *
 * @param before ms, as the connection came; 0: for ever
 */
record NetworkPatience(Connection connection, int before) {

    static final int MILLIS = 60_000;

    /** Raises the connection's network timeout if it is too short. */
    static NetworkPatience of(Connection connection) throws SQLException {
        if (!connection.isWrapperFor(PGConnection.class)) {
            return new NetworkPatience(connection, 0);
        }
        NetworkPatience patience = new NetworkPatience(connection, connection.getNetworkTimeout());
        if (patience.changes()) {
            connection.setNetworkTimeout(Runnable::run, MILLIS);
        }
        return patience;
    }

    void restore() throws SQLException {
        if (changes()) {
            connection.setNetworkTimeout(Runnable::run, before);
        }
    }

    private boolean changes() {
        return before > 0 && before < MILLIS;
    }
}
