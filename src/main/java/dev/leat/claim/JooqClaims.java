package dev.leat.claim;

import dev.leat.Claim;
import dev.leat.Claims;
import dev.leat.DatabaseUnavailable;
import dev.leat.Deadline;
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

    private final DataSource dataSource;
    private final ClaimSettings settings;
    private final String defaultStream;
    private final IntSupplier claimants;
    private final LongSupplier nanoTime;
    private final LaneBook book;
    private final LaneLows lows;

    /**
     * @param defaultStream the stream of events that name none
     * @param claimants how many workers of how many pollers share the lanes now; at least 1
     * @param nanoTime the monotonic clock
     * @param random chooses the lane to begin with
     */
    public JooqClaims(
            DataSource dataSource,
            ClaimSettings settings,
            String defaultStream,
            IntSupplier claimants,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.dataSource = dataSource;
        this.settings = settings;
        this.defaultStream = defaultStream;
        this.claimants = claimants;
        this.nanoTime = nanoTime;
        this.book = new LaneBook(random.nextInt(LaneBook.LANES));
        this.lows = new LaneLows(book, nanoTime);
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
        public Claim claim(Set<String> restingStreams) {
            @Nullable Connection connection = null;
            try {
                connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                LaneClaim claim = claim(connection, restingStreams);
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

        private LaneClaim claim(Connection connection, Set<String> restingStreams) throws SQLException {
            Deadline deadline = Deadline.in(settings.deadline(), nanoTime);
            begin(connection);
            long drawn = drawn(connection);
            look(drawn, holders(connection));
            LaneClaim.Look look = new LaneClaim.Look(drawn, watermark.proven(), generation);
            LaneClaim.Content content = new LaneReader(connection, settings, book, defaultStream, restingStreams)
                    .read(lock(connection, drawn), look.proven());
            return new LaneClaim(connection, book, lows, deadline, look, content);
        }

        private void look(long drawn, Set<String> holders) {
            if (generation != book.generation()) {
                generation = book.generation();
                watermark = Watermark.UNKNOWN;
            }
            try {
                watermark = watermark.look(drawn, holders);
            } catch (Watermark.SequenceWentBack e) {
                book.forget();
                throw e;
            }
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

        private List<HeldLane> lock(Connection connection, long drawn) throws SQLException {
            int share = ceilDiv(LaneBook.LANES, Math.max(1, claimants.getAsInt()));
            Map<Integer, Long> lows = new TreeMap<>();
            long highest = 0;
            try (PreparedStatement statement = connection.prepareStatement(ClaimStatements.LOCK_LANES)) {
                statement.setInt(1, book.turn(share));
                statement.setInt(2, share);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        int lane = rows.getInt(1);
                        highest = Math.max(highest, rows.getLong(2));
                        lows.put(lane, book.low(lane, rows.getLong(2)));
                    }
                }
            }
            // Another poller may have stored one above what was drawn when this claim began.
            if (highest > drawn && highest > drawn(connection)) {
                throw new IllegalStateException("leat.outbox_id_seq stands at " + drawn + ", below " + highest
                        + " up to which events were settled: it was set back, and events would not be seen. Set it above"
                        + " all ids that were ever published, then UPDATE leat.lane SET low = 0");
            }
            List<HeldLane> lanes = new ArrayList<>();
            lows.forEach(
                    (lane, low) -> lanes.add(new HeldLane(lane, low, book.limit(lane, settings.batch(), lows.size()))));
            return lanes;
        }

        private static int ceilDiv(int a, int b) {
            return (a + b - 1) / b;
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
        public void awaitWork() throws InterruptedException {
            while (true) {
                Duration rest = pacer.rest();
                if (rest.isZero()) {
                    return;
                }
                Thread.sleep(rest.toMillis(), rest.toNanosPart() % 1_000_000);
                if (!book.drained(drawn())) {
                    return;
                }
            }
        }

        private long drawn() {
            try (Connection connection = dataSource.getConnection()) {
                return drawn(connection);
            } catch (SQLException e) {
                book.forget();
                throw new DatabaseUnavailable("the outbox could not be looked at", e);
            }
        }

        private long drawn(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(ClaimStatements.DRAWN)) {
                rows.next();
                book.server(rows.getLong(2));
                return rows.getLong(1);
            }
        }
    }
}
