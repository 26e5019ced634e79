package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides which server a poller may claim from, and which ids are doubtful there; shared by the poller's workers. A failover or a restore
 * can lose commits whose events were published, and then the sequence draws their ids again. So nothing is claimed from a server before
 * {@link #check}, and no doubtful id is published.
 */
final class TimelineGuard {

    private static final Duration BETWEEN_MARKS = Duration.ofSeconds(1);

    private static final String PUT_ROWS = "SELECT leat_poller.put_rows()";
    private static final String MOVE = "SELECT leat_poller.check_history(?)";
    private static final String READ = """
            SELECT h.history, h.timeline, h.mark, h.moved_to, d.server_started
            FROM leat_poller.history h CROSS JOIN leat_poller.drawn() d ORDER BY h.history""";
    private static final String RENUMBER = "SELECT leat_poller.renumber(?, ?)";
    private static final String MARK = "SELECT leat_poller.note_drawn(?, ?)";

    private final PollerListener listener;
    private final LongSupplier nanoTime;
    private ClaimStart.@Nullable ServerHistory known;
    private List<History> ended = List.of();
    private long published;
    private long marked;
    private long markedAt;

    /**
     * @param listener is told when the sequence moves past a gap
     */
    TimelineGuard(PollerListener listener, LongSupplier nanoTime) {
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.markedAt = nanoTime.getAsLong() - BETWEEN_MARKS.toNanos();
    }

    private record History(int history, @Nullable String timeline, long mark, long movedTo) {

        boolean leftInDoubt(long id) {
            return id > mark && id <= movedTo;
        }
    }

    /** Whether that server was checked, and its history has not changed since. */
    synchronized boolean knows(ClaimStart.ServerHistory server) {
        return server.equals(known);
    }

    /** The highest id that this poller has claimed to publish. A sequence below it belongs to another history. */
    synchronized long published() {
        return published;
    }

    /** Takes note of events that will be published now. */
    synchronized void publishing(Collection<Event> events) {
        for (Event event : events) {
            published = Math.max(published, event.id());
        }
    }

    /**
     * Lets the database compare its timeline and its sequence with those it recorded before, and move the sequence past a gap. After that
     * its server is known. Commits the transaction, so that other pollers need not wait.
     *
     * @param seen an id that the sequence has certainly reached before
     */
    void check(Connection connection, long seen) throws SQLException {
        putRows(connection);
        boolean moved;
        try (PreparedStatement statement = connection.prepareStatement(MOVE)) {
            statement.setLong(1, seen);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                moved = rows.getBoolean(1);
            }
        }
        List<History> rows = new ArrayList<>();
        long start = 0;
        try (Statement statement = connection.createStatement();
                ResultSet read = statement.executeQuery(READ)) {
            while (read.next()) {
                rows.add(new History(read.getInt(1), read.getString(2), read.getLong(3), read.getLong(4)));
                start = read.getLong(5);
            }
        }
        connection.commit();
        History current = rows.remove(rows.size() - 1);
        synchronized (this) {
            known = new ClaimStart.ServerHistory(start, current.history());
            ended = List.copyOf(rows);
            marked = current.mark();
        }
        if (moved) {
            History last = rows.get(rows.size() - 1);
            listener.movedPastGap(last.mark(), current.mark(), reason(last, current));
        }
    }

    /** Restores missing rows of Leat's tables. Without them there is no history to compare with, and no lane to claim. */
    private void putRows(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(PUT_ROWS)) {
            rows.next();
            String back = rows.getString(1);
            if (back != null) {
                listener.notice(back);
            }
        }
    }

    private static String reason(History last, History current) {
        return Objects.equals(last.timeline(), current.timeline())
                ? "the outbox's sequence stood below ids that were drawn before"
                : "the database is on timeline " + current.timeline() + " and was on " + last.timeline();
    }

    /** Whether an event that was read has a doubtful id: another event may have been published with the same id. */
    boolean anyDoubtful(LaneClaim.Content content) {
        List<History> timelines;
        synchronized (this) {
            timelines = ended;
        }
        return !timelines.isEmpty()
                && Stream.concat(
                                content.events().stream(),
                                content.waiting().stream().map(Outcome.Waiting::event))
                        .anyMatch(event -> timelines.stream().anyMatch(history -> history.leftInDoubt(event.id())));
    }

    /** Gives other ids to doubtful events of lanes that the transaction holds, to at most {@code most} events. */
    void renumber(Connection connection, Collection<LaneQuery> lanes, int most) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RENUMBER)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "int2", lanes.stream().map(LaneQuery::lane).toArray()));
            statement.setInt(2, most);
            statement.execute();
        }
    }

    /** Records in the database, at most once a second, the highest id drawn. Returns whether it wrote anything. */
    boolean mark(Connection connection, long drawn) throws SQLException {
        int history;
        synchronized (this) {
            long now = nanoTime.getAsLong();
            if (known == null || drawn <= marked || now - markedAt < BETWEEN_MARKS.toNanos()) {
                return false;
            }
            history = known.history();
            marked = drawn;
            markedAt = now;
        }
        try (PreparedStatement statement = connection.prepareStatement(MARK)) {
            statement.setInt(1, history);
            statement.setLong(2, drawn);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }
}
