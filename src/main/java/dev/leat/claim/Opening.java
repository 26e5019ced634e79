package dev.leat.claim;

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
 * @param holders the virtual transactions that hold a writer's lock on the outbox
 * @param lows of each lane that is held now, as its row has it
 */
record Opening(Drawn drawn, Set<String> holders, Map<Integer, Long> lows) {

    /**
     * @param timeout after which the server ends the transaction if nothing is heard
     * @param leftOut lanes to leave out, a bit for each
     * @param start the place of the lane to ask for first
     * @param lanes how many to ask for
     */
    static Opening open(Connection connection, Duration timeout, long leftOut, int start, int lanes)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.OPEN)) {
            statement.setString(1, timeout.toMillis() + "ms");
            statement.setLong(2, leftOut);
            statement.setInt(3, start);
            statement.setInt(4, lanes);
            Answers answers = new Answers(statement);
            answers.next();
            Drawn drawn = drawn(answers.next());
            Set<String> holders = holders(answers.next());
            return new Opening(drawn, holders, lows(answers.next()));
        }
    }

    /** The settings alone: for what is to be looked at before lanes are claimed. */
    static void begin(Connection connection, Duration timeout) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BEGIN)) {
            statement.setString(1, timeout.toMillis() + "ms");
            statement.execute();
        }
    }

    private static Drawn drawn(ResultSet rows) throws SQLException {
        rows.next();
        return Drawn.of(rows);
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
