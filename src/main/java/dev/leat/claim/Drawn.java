package dev.leat.claim;

import dev.leat.pipeline.SchemaVersions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * One look at the outbox's sequence.
 *
 * @param id the highest id drawn
 * @param server who says so
 * @param schema which pollers its schema serves
 */
record Drawn(long id, Server server, SchemaVersions schema) {

    static Drawn look(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.DRAWN);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return of(rows);
        }
    }

    static Drawn of(ResultSet row) throws SQLException {
        return new Drawn(
                row.getLong(1),
                new Server(row.getLong(2), row.getInt(3)),
                new SchemaVersions(row.getInt(4), row.getInt(5)));
    }
}
