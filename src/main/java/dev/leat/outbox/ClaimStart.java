package dev.leat.outbox;

import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.SchemaVersions;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The result of the first statements of a claim's transaction. One round trip applies the settings, reads the sequence, reads the
 * writers' locks and locks the lanes. The proof of the watermark depends on this order.
 *
 * @param sequence the state of the outbox's sequence
 * @param holders the virtual transactions that hold a writer's lock on the outbox
 * @param lanes the lanes that are now held, and what was seen of the others
 */
record ClaimStart(SequenceLook sequence, Set<String> holders, LockedLanes lanes) {

    /**
     * The server that answers, and the current history of its database.
     *
     * @param start when the server started, in microseconds since the epoch
     * @param history the number of its current history in {@code leat_internal.history}
     */
    record ServerHistory(long start, int history) {}

    /**
     * The outbox's sequence as one statement read it.
     *
     * @param id the highest id drawn
     * @param server the server that answered
     * @param schema the pollers' versions that the installed schema supports
     */
    record SequenceLook(long id, ServerHistory server, SchemaVersions schema) {

        static SequenceLook look(Connection connection) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.DRAWN);
                    ResultSet rows = statement.executeQuery()) {
                return of(rows);
            }
        }

        private static SequenceLook of(ResultSet rows) throws SQLException {
            rows.next();
            return new SequenceLook(
                    rows.getLong(1),
                    new ServerHistory(rows.getLong(2), rows.getInt(3)),
                    new SchemaVersions(rows.getInt(4), rows.getInt(5)));
        }
    }

    /**
     * The lanes that hold events and that no other session holds; they are locked now.
     *
     * @param lows the stored low of each of them, by lane
     * @param empty the lanes that held no event; they are not locked
     * @param highestLow the highest stored low of all lanes that were looked at
     * @param inQuarantine whether the locked lanes have released events, or events in quarantine that block a key
     */
    record LockedLanes(Map<Integer, Long> lows, Lanes empty, long highestLow, boolean inQuarantine) {

        private static LockedLanes of(ResultSet rows) throws SQLException {
            rows.next();
            Number[] lanes = numbers(rows.getArray(1));
            Number[] stored = numbers(rows.getArray(2));
            Map<Integer, Long> lows = new TreeMap<>();
            for (int i = 0; i < lanes.length; i++) {
                lows.put(lanes[i].intValue(), stored[i].longValue());
            }
            return new LockedLanes(lows, new Lanes(rows.getLong(3)), rows.getLong(4), rows.getBoolean(5));
        }

        private static Number[] numbers(Array array) throws SQLException {
            return (Number[]) array.getArray();
        }
    }

    /**
     * @param timeout how long the transaction may be idle before the server ends it
     * @param leftOut the lanes to leave out
     * @param start the first lane to ask for
     * @param lanes how many to lock at most
     * @param known the lows that the poller knows, by lane
     */
    static ClaimStart open(Connection connection, Duration timeout, Lanes leftOut, int start, int lanes, long[] known)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.OPEN)) {
            statement.setString(1, timeout.toMillis() + "ms");
            statement.setLong(2, leftOut.bits());
            statement.setInt(3, start);
            statement.setInt(4, lanes);
            statement.setObject(5, known);
            Answers answers = new Answers(statement);
            answers.next();
            SequenceLook sequence = SequenceLook.of(answers.next());
            Set<String> holders = holders(answers.next());
            return new ClaimStart(sequence, holders, LockedLanes.of(answers.next()));
        }
    }

    /** Applies only the transaction's settings, for checks that run before lanes are claimed. */
    static void begin(Connection connection, Duration timeout) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BEGIN)) {
            statement.setString(1, timeout.toMillis() + "ms");
            statement.execute();
        }
    }

    private static Set<String> holders(ResultSet rows) throws SQLException {
        Set<String> holders = new HashSet<>();
        while (rows.next()) {
            holders.add(rows.getString(1));
        }
        return holders;
    }
}
