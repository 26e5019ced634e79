package dev.leat.outbox;

import dev.leat.PollerListener;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.Lanes;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Claims lanes of one database for one poller. {@link #forWorker()} gives each of the poller's threads an instance of its own. The
 * package comment describes the protocol.
 */
public final class LaneClaims {

    /** How often a claim is tried again because the database's history has changed, before it fails. */
    private static final int ATTEMPTS = 5;

    /**
     * The largest number of events in a worker's first claim, so that its first record is sent soon. Each full claim doubles the next.
     */
    private static final int FIRST_BATCH = 2_000;

    /** How many events are given other ids in one transaction, which takes a fraction of a second. */
    private static final int RENUMBERED_AT_ONCE = 10_000;

    private final DataSource dataSource;
    private final ClaimSettings settings;
    private final String defaultStream;
    private final IntSupplier claimants;
    private final LongSupplier nanoTime;
    private final LaneMemory memory;
    private final SlowLanes slowLanes;
    private final Settlement settlement;
    private final LaneClaim.Notes notes;
    private final TimelineGuard timelines;

    /** The same without a listener. */
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
     * @param dataSource its connections need no search_path: a claim sets that of its own transaction, and a read of the sequence only
     *     calls a function by its qualified name
     * @param defaultStream the stream of events that name none
     * @param claimants the number of all pollers' workers that share the lanes now; at least 1
     * @param nanoTime the monotonic clock
     * @param random chooses the first lane
     * @param listener is told when the sequence moves past a gap
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
        this.memory = new LaneMemory(random.nextInt(Lanes.COUNT));
        this.slowLanes = new SlowLanes(memory);
        this.timelines = new TimelineGuard(listener, nanoTime);
        this.settlement = new Settlement(settings.poller().retain() != null);
        this.notes = new LaneClaim.Notes(new LaneLows(memory, nanoTime), timelines);
    }

    /** Claims for one worker, to be used by one thread. */
    public Claims forWorker() {
        slowLanes.join();
        return new WorkerClaims();
    }

    private final class WorkerClaims implements Claims {

        private Watermark watermark = Watermark.UNKNOWN;
        private long generation = memory.generation();
        private final PollInterval pollInterval =
                new PollInterval(settings.poller().latency(), nanoTime);
        private int batch = Math.min(FIRST_BATCH, settings.poller().batch());

        @Override
        public Claim claim(Set<String> streamsBackingOff, Lanes lanesBackingOff) {
            @Nullable Connection connection = null;
            pollInterval.claims();
            try {
                connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                LaneClaim claim = claim(connection, streamsBackingOff, slowLanes.next(this, lanesBackingOff));
                pollInterval.claimed(claim.events().size(), claim.full());
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

        private LaneClaim claim(Connection connection, Set<String> streamsBackingOff, Lanes lanesLeftOut)
                throws SQLException {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Deadline deadline = Deadline.in(settings.poller().publishDeadline(), nanoTime);
                long published = timelines.published();
                LaneMemory.Lows known = memory.lows();
                ClaimStart start = open(connection, lanesLeftOut, known);
                // A migration may have been installed since the poller started.
                start.sequence().schema().require();
                memory.server(start.sequence().server());
                if (!timelines.knows(start.sequence().server())
                        || start.sequence().id() < published) {
                    check(connection, published);
                    continue;
                }
                if (known.generation() != memory.generation()) {
                    // The lanes were looked at above lows of another history.
                    connection.rollback();
                    continue;
                }
                try {
                    return claim(connection, streamsBackingOff, start, known.generation(), deadline);
                } catch (Watermark.SequenceWentBack e) {
                    memory.forget();
                    check(connection, e.been());
                }
            }
            throw new IllegalStateException("the database's history changed " + ATTEMPTS + " times during one claim");
        }

        private ClaimStart open(Connection connection, Lanes lanesLeftOut, LaneMemory.Lows known) throws SQLException {
            int sharers = Math.max(1, claimants.getAsInt());
            int share = (Lanes.COUNT + sharers - 1) / sharers;
            return ClaimStart.open(connection, timeout(), lanesLeftOut, memory.turn(share), share, known.byLane());
        }

        /** Releases the lanes first, because the check may wait for a lane that another poller holds. */
        private void check(Connection connection, long seen) throws SQLException {
            connection.rollback();
            ClaimStart.begin(connection, timeout());
            timelines.check(connection, seen);
        }

        private Duration timeout() {
            return settings.poller().publishDeadline().plus(ClaimSettings.GRACE);
        }

        private LaneClaim claim(
                Connection connection, Set<String> streamsBackingOff, ClaimStart start, long knownIn, Deadline deadline)
                throws SQLException {
            ClaimStart.LockedLanes locked = start.lanes();
            slowLanes.got(this, locked.lows().keySet());
            long drawn = start.sequence().id();
            // Another poller may have stored a low above the highest id that was drawn when this claim began.
            if (locked.highestLow() > drawn
                    && locked.highestLow() > look(connection).id()) {
                throw new Watermark.SequenceWentBack(locked.highestLow(), drawn);
            }
            look(drawn, start.holders());
            LaneClaim.StartingPoint look =
                    new LaneClaim.StartingPoint(drawn, watermark.proven(), generation, locked.empty());
            memory.empty(knownIn, locked.empty(), drawn, look.proven());
            List<LaneQuery> lanes = held(locked.lows());
            LaneClaim.Content content = new LaneReader(connection, settings, memory, defaultStream, streamsBackingOff)
                    .read(lanes, look.proven(), locked.inQuarantine());
            if (timelines.anyDoubtful(content)) {
                timelines.renumber(connection, lanes, RENUMBERED_AT_ONCE);
                content = LaneClaim.Content.RENUMBERED;
            }
            timelines.publishing(content.events());
            return new LaneClaim(connection, memory, settlement, notes, pollInterval, deadline, look, content);
        }

        private void look(long drawn, Set<String> holders) {
            if (generation != memory.generation()) {
                generation = memory.generation();
                watermark = Watermark.UNKNOWN;
            }
            watermark = watermark.look(drawn, holders);
        }

        private List<LaneQuery> held(Map<Integer, Long> storedLows) {
            List<LaneQuery> lanes = new ArrayList<>();
            storedLows.forEach((lane, stored) -> lanes.add(
                    new LaneQuery(lane, memory.low(lane, stored), memory.limit(lane, batch, storedLows.keySet()))));
            return lanes;
        }

        private void giveUp(@Nullable Connection connection, Throwable cause) {
            memory.forget();
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
        public void awaitWork(Supplier<Lanes> lanesBackingOff) throws InterruptedException {
            boolean flowing = pollInterval.flowing();
            while (true) {
                Duration pause = pollInterval.next();
                if (pause.isZero()) {
                    return;
                }
                Thread.sleep(pause.toMillis(), pause.toNanosPart() % 1_000_000);
                if (flowing || !memory.drained(drawn(), slowLanes.notFor(this, lanesBackingOff.get()))) {
                    return;
                }
            }
        }

        private long drawn() {
            try (Connection connection = dataSource.getConnection()) {
                return look(connection).id();
            } catch (SQLException e) {
                memory.forget();
                throw new DatabaseUnavailable("the outbox could not be looked at", e);
            }
        }

        private ClaimStart.SequenceLook look(Connection connection) throws SQLException {
            ClaimStart.SequenceLook sequence = ClaimStart.SequenceLook.look(connection);
            memory.server(sequence.server());
            return sequence;
        }
    }
}
