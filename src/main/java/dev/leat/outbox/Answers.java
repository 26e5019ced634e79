package dev.leat.outbox;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The rows of several statements that went to the server in one message: one round trip, and still one snapshot for each. What
 * answers without rows is passed over.
 */
final class Answers {

    private final PreparedStatement statement;
    private boolean rows;
    private boolean taken;

    Answers(PreparedStatement statement) throws SQLException {
        this.statement = statement;
        this.rows = statement.execute();
    }

    /** The rows of the next statement that has any; those before are closed. */
    ResultSet next() throws SQLException {
        while (!rows || taken) {
            if (!rows && statement.getUpdateCount() == -1) {
                throw new SQLException("the server answered fewer statements than were sent");
            }
            rows = statement.getMoreResults();
            taken = false;
        }
        taken = true;
        return statement.getResultSet();
    }
}
