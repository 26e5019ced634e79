package dev.leat.claim;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * One look at the outbox's sequence.
 *
 * @param id the highest id drawn
 * @param server who says so
 */
record Drawn(long id, Server server) {

    static Drawn look(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(ClaimStatements.DRAWN)) {
            rows.next();
            return new Drawn(rows.getLong(1), new Server(rows.getLong(2), rows.getInt(3)));
        }
    }
}
