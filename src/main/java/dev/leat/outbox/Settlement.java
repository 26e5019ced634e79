package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Outcome;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes the outcomes of a claim's events by database functions, which check their arguments. Safe for use by several threads. */
final class Settlement {

    private static final String SETTLE = "SELECT leat_poller.settle(?, ?, ?, ?, ?, ?, ?, ?, ?)";
    private static final String SET_ASIDE = "SELECT leat_poller.set_aside(?, ?, ?, ?, ?)";

    /** What the database answers if it does not find each of the events again. */
    private static final String CARDINALITY_VIOLATION = "21000";

    private final boolean keep;

    /**
     * @param keep whether delivered events are kept for a time instead of being deleted
     */
    Settlement(boolean keep) {
        this.keep = keep;
    }

    /**
     * Deletes (or keeps) the delivered events, and moves the quarantined and the waiting ones to quarantine, in the transaction that
     * holds the lanes.
     *
     * @return the events that stay to be claimed again
     */
    List<Event> write(Connection transaction, LaneClaim.Content content, List<Outcome> outcomes) throws SQLException {
        Sorted sorted = Sorted.of(content, outcomes);
        settleDelivered(transaction, sorted);
        setAside(transaction, sorted.aside);
        return sorted.left;
    }

    /** An event that moves to quarantine, or stays there. */
    private record Aside(Event event, String state, String reason, boolean released) {}

    private record Sorted(List<Event> delivered, List<Event> released, List<Aside> aside, List<Event> left) {

        static Sorted of(LaneClaim.Content content, List<Outcome> outcomes) {
            Sorted sorted = new Sorted(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            Set<Long> released = content.released();
            for (Outcome outcome : outcomes) {
                sorted.add(outcome, released.contains(outcome.event().id()));
            }
            for (Outcome.Waiting waiting : content.waiting()) {
                sorted.add(waiting, released.contains(waiting.event().id()));
            }
            return sorted;
        }

        private void add(Outcome outcome, boolean wasReleased) {
            if (outcome instanceof Outcome.Delivered) {
                (wasReleased ? released : delivered).add(outcome.event());
            } else if (outcome instanceof Outcome.Quarantined quarantined) {
                aside.add(new Aside(outcome.event(), "quarantined", quarantined.reason(), wasReleased));
            } else if (outcome instanceof Outcome.Waiting waiting) {
                String reason = "waits behind event " + waiting.behind() + " of the same key";
                aside.add(new Aside(outcome.event(), "waiting", reason, wasReleased));
            } else {
                left.add(outcome.event());
            }
        }
    }

    /** Of which table and operation an event is counted; an empty schema and table: a domain event. */
    private record Counted(String schema, String table, String operation) {

        static Counted of(Event event) {
            Event.Subject subject = event.subject();
            return new Counted(
                    Objects.requireNonNullElse(subject.schema(), ""),
                    Objects.requireNonNullElse(subject.table(), ""),
                    event.operation().code());
        }
    }

    /**
     * Settles the delivered events of all lanes in one call, and counts them by table and operation in the same transaction. The database
     * itself counts those that were in quarantine.
     */
    private void settleDelivered(Connection transaction, Sorted sorted) throws SQLException {
        if (sorted.delivered.isEmpty() && sorted.released.isEmpty()) {
            return;
        }
        Map<Integer, List<Long>> lanes = sorted.delivered.stream()
                .collect(Collectors.groupingBy(
                        Event::lane, TreeMap::new, Collectors.mapping(Event::id, Collectors.toList())));
        for (Event event : sorted.released) {
            lanes.putIfAbsent(event.lane(), List.of());
        }
        long[] ids = lanes.values().stream()
                .flatMapToLong(
                        ofLane -> ofLane.stream().mapToLong(Long::longValue).sorted())
                .toArray();
        Map<Counted, Integer> counts = new LinkedHashMap<>();
        sorted.delivered.forEach(event -> counts.merge(Counted.of(event), 1, Integer::sum));
        Set<Counted> counted = counts.keySet();
        try (PreparedStatement statement = transaction.prepareStatement(SETTLE)) {
            statement.setBoolean(1, keep);
            statement.setArray(
                    2, transaction.createArrayOf("int2", lanes.keySet().toArray()));
            statement.setArray(
                    3,
                    transaction.createArrayOf(
                            "int4", lanes.values().stream().map(List::size).toArray()));
            statement.setObject(4, ids);
            statement.setObject(5, sorted.released.stream().mapToLong(Event::id).toArray());
            statement.setArray(6, array(transaction, "text", counted, Counted::schema));
            statement.setArray(7, array(transaction, "text", counted, Counted::table));
            statement.setArray(8, array(transaction, "text", counted, Counted::operation));
            statement.setArray(
                    9, transaction.createArrayOf("int4", counts.values().toArray()));
            statement.execute();
        } catch (SQLException e) {
            if (CARDINALITY_VIOLATION.equals(e.getSQLState())) {
                throw new IllegalStateException("the published events will be published again: " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private static void setAside(Connection transaction, List<Aside> aside) throws SQLException {
        if (aside.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = transaction.prepareStatement(SET_ASIDE)) {
            statement.setArray(
                    1, array(transaction, "int2", aside, one -> one.event().lane()));
            statement.setArray(
                    2, array(transaction, "int8", aside, one -> one.event().id()));
            statement.setArray(3, array(transaction, "text", aside, Aside::state));
            statement.setArray(4, array(transaction, "text", aside, Aside::reason));
            statement.setArray(5, array(transaction, "bool", aside, Aside::released));
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                expect(aside.size(), rows.getInt(1));
            }
        }
    }

    private static <T> Array array(Connection transaction, String type, Collection<T> rows, Function<T, Object> column)
            throws SQLException {
        return transaction.createArrayOf(type, rows.stream().map(column).toArray());
    }

    private static void expect(int read, int written) {
        if (read != written) {
            throw new IllegalStateException(
                    read + " events were read and " + written
                            + " found again: another session has changed rows of a lane that this poller holds; nothing of this claim is settled, and its events will be published again");
        }
    }
}
