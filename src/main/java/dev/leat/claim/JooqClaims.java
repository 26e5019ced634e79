package dev.leat.claim;

import dev.leat.Claim;
import dev.leat.Claims;
import dev.leat.DatabaseUnavailable;
import dev.leat.Deadline;
import dev.leat.PollerListener;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Claims lanes of one database for one poller; {@link #forWorker()} gives each of the poller's threads its own view. The
 * package comment has the protocol.
 */
public final class JooqClaims {

    /** How often a claim begins anew because it has met another history, before it is given up. */
    private static final int ATTEMPTS = 3;

    /** Events that are given other ids in one transaction: a fraction of a second's work. */
    private static final int RENUMBERED_AT_ONCE = 10_000;

    private final DataSource dataSource;
    private final ClaimSettings settings;
    private final String defaultStream;
    private final IntSupplier claimants;
    private final LongSupplier nanoTime;
    private final LaneBook book;
    private final LaneLows lows;
    private final Histories histories;

    /** The same with nobody to tell. */
    public JooqClaims(
            DataSource dataSource,
            ClaimSettings settings,
            String defaultStream,
            IntSupplier claimants,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this(dataSource, settings, defaultStream, claimants, nanoTime, random, new PollerListener() {});
    }

    /**
     * @param defaultStream the stream of events that name none
     * @param claimants how many workers of how many pollers share the lanes now; at least 1
     * @param nanoTime the monotonic clock
     * @param random chooses the lane to begin with
     * @param listener told when ids move past a gap
     */
    public JooqClaims(
            DataSource dataSource,
            ClaimSettings settings,
            String defaultStream,
            IntSupplier claimants,
            LongSupplier nanoTime,
            RandomGenerator random,
            PollerListener listener) {
        this.dataSource = dataSource;
        this.settings = settings;
        this.defaultStream = defaultStream;
        this.claimants = claimants;
        this.nanoTime = nanoTime;
        this.book = new LaneBook(random.nextInt(LaneBook.LANES));
        this.lows = new LaneLows(book, nanoTime);
        this.histories = new Histories(listener, nanoTime);
    }

    /** For use by one thread. */
    public Claims forWorker() {
        return new Worker();
    }

    private final class Worker implements Claims {

        private Watermark watermark = Watermark.UNKNOWN;
        private long generation = book.generation();
        private final Pacer pacer = new Pacer(settings.busyInterval(), settings.idleInterval());

        @Override
        public Claim claim(Set<String> restingStreams, long restingLanes) {
            @Nullable Connection connection = null;
            try {
                connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                LaneClaim claim = claim(connection, restingStreams, restingLanes);
                pacer.claimed(claim.events().size(), claim.full());
                return claim;
            } catch (SQLException e) {
                giveUp(connection, e);
                throw new DatabaseUnavailable("the outbox could not be claimed from", e);
            } catch (RuntimeException | Error e) {
                giveUp(connection, e);
                throw e;
            }
        }

        private LaneClaim claim(Connection connection, Set<String> restingStreams, long restingLanes)
                throws SQLException {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Deadline deadline = Deadline.in(settings.deadline(), nanoTime);
                begin(connection);
                long published = histories.published();
                Drawn drawn = drawn(connection);
                if (!histories.knows(drawn.server()) || drawn.id() < published) {
                    histories.check(connection, published);
                    continue;
                }
                try {
                    return claim(connection, restingStreams, restingLanes, drawn, deadline);
                } catch (Watermark.SequenceWentBack e) {
                    connection.rollback();
                    book.forget();
                    begin(connection);
                    histories.check(connection, e.been());
                }
            }
            throw new IllegalStateException(
                    "another history of the database was found " + ATTEMPTS + " times in a row");
        }

        private LaneClaim claim(
                Connection connection, Set<String> restingStreams, long restingLanes, Drawn drawn, Deadline deadline)
                throws SQLException {
            look(drawn.id(), holders(connection));
            LaneClaim.Look look = new LaneClaim.Look(drawn.id(), watermark.proven(), generation);
            List<HeldLane> lanes = lock(connection, drawn.id(), restingLanes);
            LaneClaim.Content content = new LaneReader(connection, settings, book, defaultStream, restingStreams)
                    .read(lanes, look.proven());
            if (histories.anyDoubtful(content)) {
                histories.renumber(connection, lanes, RENUMBERED_AT_ONCE);
                content = LaneClaim.Content.RENUMBERED;
            }
            histories.publishing(content.events());
            return new LaneClaim(connection, book, new LaneClaim.Notes(lows, histories), deadline, look, content);
        }

        private void look(long drawn, Set<String> holders) {
            if (generation != book.generation()) {
                generation = book.generation();
                watermark = Watermark.UNKNOWN;
            }
            watermark = watermark.look(drawn, holders);
        }

        private void begin(Connection connection) throws SQLException {
            Duration timeout = settings.deadline().plus(ClaimSettings.GRACE);
            try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.BEGIN)) {
                statement.setString(1, timeout.toMillis() + "ms");
                statement.execute();
            }
        }

        private Set<String> holders(Connection connection) throws SQLException {
            Set<String> holders = new HashSet<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(ClaimStatements.HOLDERS)) {
                while (rows.next()) {
                    holders.add(rows.getString(1));
                }
            }
            return holders;
        }

        private List<HeldLane> lock(Connection connection, long drawn, long restingLanes) throws SQLException {
            int sharers = Math.max(1, claimants.getAsInt());
            int share = (LaneBook.LANES + sharers - 1) / sharers;
            Map<Integer, Long> lows = new TreeMap<>();
            long highest = 0;
            try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.LOCK_LANES)) {
                statement.setLong(1, restingLanes);
                statement.setInt(2, book.turn(share));
                statement.setInt(3, share);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        int lane = rows.getInt(1);
                        highest = Math.max(highest, rows.getLong(2));
                        lows.put(lane, book.low(lane, rows.getLong(2)));
                    }
                }
            }
            // Another poller may have stored one above what was drawn when this claim began.
            if (highest > drawn && highest > drawn(connection).id()) {
                throw new Watermark.SequenceWentBack(highest, drawn);
            }
            List<HeldLane> lanes = new ArrayList<>();
            lows.forEach(
                    (lane, low) -> lanes.add(new HeldLane(lane, low, book.limit(lane, settings.batch(), lows.size()))));
            return lanes;
        }

        private void giveUp(@Nullable Connection connection, Throwable cause) {
            book.forget();
            if (connection == null) {
                return;
            }
            try (connection) {
                connection.rollback();
                connection.setAutoCommit(true);
            } catch (SQLException e) {
                cause.addSuppressed(e);
            }
        }

        @Override
        public void awaitWork(LongSupplier restingLanes) throws InterruptedException {
            while (true) {
                Duration rest = pacer.rest();
                if (rest.isZero()) {
                    return;
                }
                Thread.sleep(rest.toMillis(), rest.toNanosPart() % 1_000_000);
                if (!book.drained(drawn(), restingLanes.getAsLong())) {
                    return;
                }
            }
        }

        private long drawn() {
            try (Connection connection = dataSource.getConnection()) {
                return drawn(connection).id();
            } catch (SQLException e) {
                book.forget();
                throw new DatabaseUnavailable("the outbox could not be looked at", e);
            }
        }

        private Drawn drawn(Connection connection) throws SQLException {
            Drawn drawn = Drawn.look(connection);
            book.server(drawn.server());
            return drawn;
        }
    }
}
