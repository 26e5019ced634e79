package dev.leat.load;

import dev.leat.PollerListener;
import dev.leat.database.StatementRunner;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Does chunks of the loads that are registered, on a thread of its own: as long as one is due and the outbox is short; and queues the
 * events of a replay. It needs one
 * connection for the time of a chunk, some 50 ms. A failure is reported and tried again, after pauses that double up to a minute.
 */
public final class Loader {

    private static final String DUTY = "full load and replay";
    private static final String CONSEQUENCE =
            "this poller does not read rows of tables that are being loaded, and queues no events that are to be sent again";

    /** Until a heartbeat tells of a load or replay. */
    static final Duration IDLE = Duration.ofHours(1);

    /** While one is under way, in which other pollers may have the next chunk. */
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /** For a load that another poller works on. */
    private static final Duration TAKEN = Duration.ofMillis(5);

    private static final Duration SHORTEST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(1);

    private static final String BACKLOG = "SELECT events, bytes, changes FROM leat_poller.backlog(?)";

    private static final String CHUNK = "SELECT number, added, bytes, again, said FROM leat_poller.load_chunk(?)";

    private final StatementRunner database;
    private final Backpressure backpressure = new Backpressure();
    private final ReplayQueue replays;
    private final PollerListener listener;
    private final Thread thread = new Thread(this::run, "leat-loader");
    private final Semaphore woken = new Semaphore(0);
    private Duration backoff = Duration.ZERO;
    private boolean underWay;
    private volatile boolean stopping;

    /**
     * @param listener told of loads that have ended, and of failures
     */
    public Loader(DataSource database, PollerListener listener) {
        this.database = new StatementRunner(database);
        this.replays = new ReplayQueue(this.database, listener);
        this.listener = listener;
        thread.setDaemon(true);
    }

    /** A load or a replay may be under way. */
    public void wake() {
        if (woken.availablePermits() == 0) {
            woken.release();
        }
    }

    public void start() {
        thread.start();
    }

    /** Waits for a chunk under way, five seconds at most. One that is not finished then is rolled back with its session. */
    public void stop() {
        stopping = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!stopping) {
                Duration pause = pause();
                boolean begin = true;
                if (backoff.isZero()) {
                    begin = woken.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS);
                } else {
                    TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                }
                if (begin) {
                    underWay = true;
                    replays.begin();
                }
            }
        } catch (InterruptedException e) {
            // It is stopped.
        }
    }

    /** Does what there is to do now; returns the pause after it. */
    private Duration pause() {
        try {
            Duration load = step();
            Duration replay = replays.step();
            Duration pause = load.compareTo(replay) < 0 ? load : replay;
            if (!backoff.isZero()) {
                listener.upkeepDone(DUTY);
                backoff = Duration.ZERO;
            }
            return pause;
        } catch (RuntimeException e) {
            if (stopping) {
                return Duration.ZERO;
            }
            Duration longer = backoff.isZero() ? SHORTEST_BACKOFF : backoff.multipliedBy(2);
            backoff = longer.compareTo(LONGEST_BACKOFF) < 0 ? longer : LONGEST_BACKOFF;
            // At least half of it, at random, so that pollers that failed together do not retry together.
            Duration pause = Duration.ofMillis((long)
                    (backoff.toMillis() * (0.5 + ThreadLocalRandom.current().nextDouble() / 2)));
            listener.upkeepFailed(DUTY, CONSEQUENCE, e, pause);
            return pause;
        }
    }

    /** One chunk, if a load is under way and the outbox is short. */
    private Duration step() {
        if (!underWay) {
            return IDLE;
        }
        if (backpressure.rows() == 0) {
            List<@Nullable Object> waiting = database.call(BACKLOG, backpressure.mostEvents());
            backpressure.seen(
                    number(waiting.get(0)).longValue(),
                    number(waiting.get(1)).longValue(),
                    number(waiting.get(2)).longValue());
            if (backpressure.rows() == 0) {
                return backpressure.untilNextLook();
            }
        }
        List<@Nullable Object> chunk = database.call(CHUNK, backpressure.rows());
        if (chunk.get(0) != null) {
            backpressure.added(
                    number(chunk.get(1)).longValue(), number(chunk.get(2)).longValue());
        }
        Object said = chunk.get(4);
        if (said != null) {
            listener.notice(said.toString());
        }
        Object again = chunk.get(3);
        underWay = again != null;
        if (again == null) {
            return IDLE;
        }
        Duration due = Duration.ofMillis((long) (1_000 * number(again).doubleValue()));
        // What is due and was not had is another poller's.
        return chunk.get(0) == null && due.compareTo(TAKEN) < 0 ? TAKEN : due.compareTo(LONGEST) < 0 ? due : LONGEST;
    }

    private static Number number(@Nullable Object value) {
        return (Number) Objects.requireNonNull(value);
    }
}
