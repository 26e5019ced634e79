package dev.leat.settle;

import dev.leat.Claim;
import dev.leat.DatabaseUnavailable;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.Settlement;
import java.lang.reflect.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Settles in the transaction of the claim. Safe for use by several threads. */
public final class JooqSettlement implements Settlement {

    private final boolean keep;

    /**
     * @param keep whether delivered events move to {@code leat.sent} instead of being deleted
     */
    public JooqSettlement(boolean keep) {
        this.keep = keep;
    }

    @Override
    public void settle(Claim claim, List<Outcome> outcomes) {
        Sorted sorted = Sorted.of(claim, outcomes);
        try {
            Connection transaction = claim.transaction();
            String done = keep ? SettleStatements.KEEP : SettleStatements.DELETE;
            expect(sorted.delivered.size(), run(transaction, done, lanes(sorted.delivered), ids(sorted.delivered)));
            expect(sorted.aside.size(), setAside(transaction, sorted.aside));
            String released = keep ? SettleStatements.KEEP_RELEASED : SettleStatements.DELETE_RELEASED;
            expect(sorted.releasedDelivered.size(), run(transaction, released, ids(sorted.releasedDelivered)));
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

    private static int setAside(Connection transaction, List<Aside> aside) throws SQLException {
        List<Event> events = events(aside);
        return run(
                transaction,
                SettleStatements.SET_ASIDE,
                lanes(events),
                ids(events),
                texts(aside, Aside::state),
                texts(aside, Aside::reason));
    }

    private static int setAsideAgain(Connection transaction, List<Aside> aside) throws SQLException {
        return run(
                transaction,
                SettleStatements.SET_ASIDE_AGAIN,
                ids(events(aside)),
                texts(aside, Aside::state),
                texts(aside, Aside::reason));
    }

    /** The columns are arrays of one length, which the driver sends without an object for each element. */
    private static int run(Connection transaction, String sql, Object... columns) throws SQLException {
        if (Array.getLength(columns[0]) == 0) {
            return 0;
        }
        try (PreparedStatement statement = transaction.prepareStatement(sql)) {
            for (int i = 0; i < columns.length; i++) {
                statement.setObject(i + 1, columns[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static void expect(int read, int written) {
        if (read != written) {
            throw new IllegalStateException(
                    read + " events were read and " + written + " found again: somebody else has "
                            + "changed rows of a lane held by this poller; nothing of this claim is settled");
        }
    }

    private static short[] lanes(List<Event> events) {
        short[] lanes = new short[events.size()];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = (short) events.get(i).lane();
        }
        return lanes;
    }

    private static long[] ids(List<Event> events) {
        return events.stream().mapToLong(Event::id).toArray();
    }

    private static String[] texts(List<Aside> aside, Function<Aside, String> text) {
        return aside.stream().map(text).toArray(String[]::new);
    }

    private static List<Event> events(List<Aside> aside) {
        return aside.stream().map(Aside::event).toList();
    }
}
