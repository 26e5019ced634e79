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
 * How a claim's transaction begins, in one round trip: its settings, a look at the sequence, then one at the writers, then the
 * lanes. Their order is what the watermark's proof rests on.
 *
 * @param sequence what the look at the sequence found
 * @param holders the virtual transactions that hold a writer's lock on the outbox
 * @param lows of each lane that is held now, as its row has it
 */
record ClaimStart(SequenceLook sequence, Set<String> holders, Map<Integer, Long> lows) {

    /**
     * Which server answers, and which history its database has come to.
     *
     * @param start when it started, in microseconds
     * @param history the number of its current history in {@code leat_internal.history}
     */
    record ServerHistory(long start, int history) {}

    /**
     * One look at the outbox's sequence.
     *
     * @param id the highest id drawn
     * @param server who says so
     * @param schema which pollers its schema serves
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
     * @param timeout after which the server ends the transaction if nothing is heard
     * @param leftOut lanes to leave out, a bit for each
     * @param start the place of the lane to ask for first
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

    /** The settings alone: for what is to be looked at before lanes are claimed. */
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
