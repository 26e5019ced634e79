package dev.leat.outbox;

import dev.leat.pipeline.SchemaVersions;
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
 * @param lows the stored low of each lane that is now held, by lane
 */
record ClaimStart(SequenceLook sequence, Set<String> holders, Map<Integer, Long> lows) {

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
     * @param timeout how long the transaction may be idle before the server ends it
     * @param leftOut the lanes to leave out, one bit for each
     * @param start the first lane to ask for
     * @param lanes how many to ask for
     */
    static ClaimStart open(Connection connection, Duration timeout, long leftOut, int start, int lanes)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.OPEN)) {
            statement.setString(1, timeout.toMillis() + "ms");
            statement.setLong(2, leftOut);
            statement.setInt(3, start);
            statement.setInt(4, lanes);
            Answers answers = new Answers(statement);
            answers.next();
            SequenceLook sequence = SequenceLook.of(answers.next());
            Set<String> holders = holders(answers.next());
            return new ClaimStart(sequence, holders, lows(answers.next()));
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

    private static Map<Integer, Long> lows(ResultSet rows) throws SQLException {
        Map<Integer, Long> lows = new TreeMap<>();
        while (rows.next()) {
            lows.put(rows.getInt(1), rows.getLong(2));
        }
        return lows;
    }

    /** The highest of the rows' lows. */
    long highestLow() {
        return lows.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }
}
