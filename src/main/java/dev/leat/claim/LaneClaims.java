package dev.leat.claim;

import dev.leat.PollerListener;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Claims lanes of one database for one poller; {@link #forWorker()} gives each of the poller's threads its own view. The
 * package comment has the protocol.
 */
public final class LaneClaims {

    /** How often a claim begins anew because it has met another history, before it is given up. */
    private static final int ATTEMPTS = 3;

    /** A worker's first claim is no larger, so that its first record leaves soon; each that comes back full doubles the next. */
    private static final int FIRST_BATCH = 2_000;

    /** Events that are given other ids in one transaction: a fraction of a second's work. */
    private static final int RENUMBERED_AT_ONCE = 10_000;

    private final DataSource dataSource;
    private final ClaimSettings settings;
    private final String defaultStream;
    private final IntSupplier claimants;
    private final LongSupplier nanoTime;
    private final LaneBook book;
    private final SlowLanes slowLanes;
    private final LaneLows lows;
    private final Histories histories;

    /** The same with nobody to tell. */
    public LaneClaims(
            DataSource dataSource,
            ClaimSettings settings,
            String defaultStream,
            IntSupplier claimants,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this(dataSource, settings, defaultStream, claimants, nanoTime, random, new PollerListener() {});
    }

    /**
     * @param dataSource its connections need no search_path: a claim pins its own transaction, and a look at the sequence is a call by
     *     a qualified name alone
     * @param defaultStream the stream of events that name none
     * @param claimants how many workers of how many pollers share the lanes now; at least 1
     * @param nanoTime the monotonic clock
     * @param random chooses the lane to begin with
     * @param listener told when ids move past a gap
     */
    public LaneClaims(
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
        this.slowLanes = new SlowLanes(book);
        this.lows = new LaneLows(book, nanoTime);
        this.histories = new Histories(listener, nanoTime);
    }

    /** For use by one thread. */
    public Claims forWorker() {
        slowLanes.join();
        return new WorkerClaims();
    }

    private final class WorkerClaims implements Claims {

        private Watermark watermark = Watermark.UNKNOWN;
        private long generation = book.generation();
        private final Pacer pacer =
                new Pacer(settings.poller().busyInterval(), settings.poller().idleInterval());
        private int batch = Math.min(FIRST_BATCH, settings.poller().batch());

        @Override
        public Claim claim(Set<String> streamsBackingOff, long lanesBackingOff) {
            @Nullable Connection connection = null;
            try {
                connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                LaneClaim claim = claim(connection, streamsBackingOff, slowLanes.next(this, lanesBackingOff));
                pacer.claimed(claim.events().size(), claim.full());
                if (claim.full()) {
                    batch = Math.min(2 * batch, settings.poller().batch());
                }
                return claim;
            } catch (SQLException e) {
                giveUp(connection, e);
                throw new DatabaseUnavailable("the outbox could not be claimed from", e);
            } catch (RuntimeException | Error e) {
                giveUp(connection, e);
                throw e;
            }
        }

        private LaneClaim claim(Connection connection, Set<String> streamsBackingOff, long lanesLeftOut)
                throws SQLException {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Deadline deadline = Deadline.in(settings.poller().publishDeadline(), nanoTime);
                long published = histories.published();
                Opening opening = open(connection, lanesLeftOut);
                // A migration may have come since the poller started.
                opening.drawn().schema().require();
                book.server(opening.drawn().server());
                if (!histories.knows(opening.drawn().server())
                        || opening.drawn().id() < published) {
                    check(connection, published);
                    continue;
                }
                try {
                    return claim(connection, streamsBackingOff, opening, deadline);
                } catch (Watermark.SequenceWentBack e) {
                    book.forget();
                    check(connection, e.been());
                }
            }
            throw new IllegalStateException(
                    "another history of the database was found " + ATTEMPTS + " times in a row");
        }

        private Opening open(Connection connection, long lanesLeftOut) throws SQLException {
            int sharers = Math.max(1, claimants.getAsInt());
            int share = (LaneBook.LANES + sharers - 1) / sharers;
            return Opening.open(connection, timeout(), lanesLeftOut, book.turn(share), share);
        }

        /** Lets go of the lanes first: the look may wait for another poller's. */
        private void check(Connection connection, long seen) throws SQLException {
            connection.rollback();
            Opening.begin(connection, timeout());
            histories.check(connection, seen);
        }

        private Duration timeout() {
            return settings.poller().publishDeadline().plus(ClaimSettings.GRACE);
        }

        private LaneClaim claim(
                Connection connection, Set<String> streamsBackingOff, Opening opening, Deadline deadline)
                throws SQLException {
            slowLanes.got(this, opening.lows().keySet());
            long drawn = opening.drawn().id();
            // Another poller may have stored a low above what was drawn when this claim began.
            if (opening.highestLow() > drawn
                    && opening.highestLow() > drawn(connection).id()) {
                throw new Watermark.SequenceWentBack(opening.highestLow(), drawn);
            }
            look(drawn, opening.holders());
            LaneClaim.Look look = new LaneClaim.Look(drawn, watermark.proven(), generation);
            List<HeldLane> lanes = held(opening.lows());
            LaneClaim.Content content = new LaneReader(connection, settings, book, defaultStream, streamsBackingOff)
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

        private List<HeldLane> held(Map<Integer, Long> storedLows) {
            List<HeldLane> lanes = new ArrayList<>();
            storedLows.forEach((lane, stored) ->
                    lanes.add(new HeldLane(lane, book.low(lane, stored), book.limit(lane, batch, storedLows.size()))));
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
        public void awaitWork(LongSupplier lanesBackingOff) throws InterruptedException {
            while (true) {
                Duration rest = pacer.rest();
                if (rest.isZero()) {
                    return;
                }
                Thread.sleep(rest.toMillis(), rest.toNanosPart() % 1_000_000);
                if (!book.drained(drawn(), slowLanes.notFor(this, lanesBackingOff.getAsLong()))) {
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
