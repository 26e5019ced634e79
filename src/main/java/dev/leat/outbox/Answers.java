package dev.leat.outbox;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The result sets of several statements that were sent in one message: one round trip, with a snapshot of its own for each statement.
 * Statements that return no rows are skipped.
 */
final class Answers {

    private final PreparedStatement statement;
    private boolean rows;
    private boolean taken;

    Answers(PreparedStatement statement) throws SQLException {
        this.statement = statement;
        this.rows = statement.execute();
    }

    /** The result set of the next statement that returns rows; this closes the previous result set. */
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
