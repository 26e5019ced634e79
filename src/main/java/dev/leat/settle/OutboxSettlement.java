package dev.leat.settle;

import dev.leat.Claim;
import dev.leat.DatabaseUnavailable;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.Settlement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Settles in the transaction of the claim. Safe for use by several threads. */
public final class OutboxSettlement implements Settlement {

    private final boolean keep;

    /**
     * @param keep whether delivered events move to {@code leat.sent} instead of being deleted
     */
    public OutboxSettlement(boolean keep) {
        this.keep = keep;
    }

    @Override
    public void settle(Claim claim, List<Outcome> outcomes) {
        Sorted sorted = Sorted.of(claim, outcomes);
        try {
            Connection transaction = claim.transaction();
            String done = keep ? SettleStatements.KEEP : SettleStatements.DELETE;
            expect(sorted.delivered.size(), byLane(transaction, done, sorted.delivered));
            expect(sorted.aside.size(), setAside(transaction, sorted.aside));
            String released = keep ? SettleStatements.KEEP_RELEASED : SettleStatements.DELETE_RELEASED;
            expect(sorted.releasedDelivered.size(), byId(transaction, released, sorted.releasedDelivered));
            expect(sorted.releasedAside.size(), setAsideAgain(transaction, sorted.releasedAside));
        } catch (SQLException e) {
            throw new DatabaseUnavailable("what was published could not be settled: it will be published again", e);
        }
        claim.commit(sorted.left);
    }

    /** An event that goes to quarantine, or stays there. */
    private record Aside(Event event, String state, String reason) {}

    private record Sorted(
            List<Event> delivered,
            List<Aside> aside,
            List<Event> releasedDelivered,
            List<Aside> releasedAside,
            List<Event> left) {

        static Sorted of(Claim claim, List<Outcome> outcomes) {
            Sorted sorted = new Sorted(
                    new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            Set<Long> released = claim.released();
            for (Outcome outcome : outcomes) {
                sorted.add(outcome, released.contains(outcome.event().id()));
            }
            for (Outcome.Waiting waiting : claim.waiting()) {
                sorted.add(waiting, released.contains(waiting.event().id()));
            }
            return sorted;
        }

        private void add(Outcome outcome, boolean released) {
            if (outcome instanceof Outcome.Delivered) {
                (released ? releasedDelivered : delivered).add(outcome.event());
            } else if (outcome instanceof Outcome.Quarantined quarantined) {
                (released ? releasedAside : aside).add(new Aside(outcome.event(), "quarantined", quarantined.reason()));
            } else if (outcome instanceof Outcome.Waiting waiting) {
                String reason = "waits behind event " + waiting.behind() + " of the same key";
                (released ? releasedAside : aside).add(new Aside(outcome.event(), "waiting", reason));
            } else {
                left.add(outcome.event());
            }
        }
    }

    /** A lane at a time, all in one message. */
    private static int byLane(Connection transaction, String sql, List<Event> events) throws SQLException {
        Map<Integer, List<Event>> lanes =
                events.stream().collect(Collectors.groupingBy(Event::lane, TreeMap::new, Collectors.toList()));
        return each(transaction, sql, lanes.entrySet(), (statement, lane) -> {
            long[] ids = ids(lane.getValue());
            Arrays.sort(ids);
            statement.setInt(1, lane.getKey());
            statement.setLong(2, ids[0]);
            statement.setLong(3, ids[ids.length - 1]);
            statement.setObject(4, ids);
        });
    }

    private static int byId(Connection transaction, String sql, List<Event> events) throws SQLException {
        return events.isEmpty()
                ? 0
                : each(transaction, sql, List.of(events), (statement, all) -> statement.setObject(1, ids(all)));
    }

    private static int setAside(Connection transaction, List<Aside> aside) throws SQLException {
        return each(transaction, SettleStatements.SET_ASIDE, aside, (statement, one) -> {
            statement.setInt(1, one.event().lane());
            statement.setLong(2, one.event().id());
            statement.setString(3, one.state());
            statement.setString(4, one.reason());
        });
    }

    private static int setAsideAgain(Connection transaction, List<Aside> aside) throws SQLException {
        return each(transaction, SettleStatements.SET_ASIDE_AGAIN, aside, (statement, one) -> {
            statement.setString(1, one.state());
            statement.setString(2, one.reason());
            statement.setLong(3, one.event().id());
        });
    }

    private interface Parameters<T> {
        void set(PreparedStatement statement, T of) throws SQLException;
    }

    private static <T> int each(Connection transaction, String sql, Collection<T> all, Parameters<T> parameters)
            throws SQLException {
        if (all.isEmpty()) {
            return 0;
        }
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            for (T one : all) {
                parameters.set(statement, one);
                statement.addBatch();
            }
            return Arrays.stream(statement.executeBatch()).sum();
        }
    }

    private static long[] ids(List<Event> events) {
        return events.stream().mapToLong(Event::id).toArray();
    }

    private static void expect(int read, int written) {
        if (read != written) {
            throw new IllegalStateException(
                    read + " events were read and " + written + " found again: somebody else has "
                            + "changed rows of a lane held by this poller; nothing of this claim is settled");
        }
    }
}
