package dev.leat.upkeep;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Does a poller's recurring duties beside its passes: signs of life every second, counts every five, a look whether
 * tables have changed every second, old sent events every ten minutes. Signs of life have a thread of their own, so that a duty that takes long does
 * not make the poller look dead. A duty that fails is reported and comes round again; it never stops the poller.
 */
public final class Upkeep {

    private final PollerRegistry registry;
    private final Tallies tallies;
    private final ShardUses shardUses;
    private final Housekeeping housekeeping;
    private final @Nullable Duration retain;
    private final PollerListener listener;
    private final ScheduledExecutorService heart = executor("leat-heartbeat");
    private final ScheduledExecutorService duties = executor("leat-upkeep");

    /**
     * @param retain how long sent events are kept; null: none are
     * @param listener told of duties that failed, and of what a refresh warns of
     */
    public Upkeep(
            DataSource database,
            PollerRegistry registry,
            Tallies tallies,
            ShardUses shardUses,
            @Nullable Duration retain,
            PollerListener listener) {
        this.registry = registry;
        this.tallies = tallies;
        this.shardUses = shardUses;
        this.housekeeping = new Housekeeping(database, System::nanoTime, listener::notice);
        this.retain = retain;
        this.listener = listener;
    }

    /** Returns when the poller is on the list and knows the others, or the attempt to has failed and was reported. */
    public void start() {
        run("sign of life", registry::beat);
        every(heart, Duration.ofSeconds(1), "sign of life", registry::beat);
        every(duties, Duration.ofSeconds(5), "counts", this::count);
        every(duties, Duration.ofSeconds(5), "counts of shards", shardUses::flush);
        every(duties, Duration.ofSeconds(1), "look at changed tables", housekeeping::refreshIfChanged);
        Duration keep = retain;
        if (keep != null) {
            run("room for sent events", () -> housekeeping.rotateSent(keep));
            every(duties, Duration.ofMinutes(10), "removal of old sent events", () -> housekeeping.rotateSent(keep));
        }
    }

    /** Writes the last counts and takes the poller off the list. Waits for a duty under way, five seconds at most. */
    public void stop() {
        heart.shutdown();
        duties.shutdown();
        try {
            if (!duties.awaitTermination(5, TimeUnit.SECONDS) || !heart.awaitTermination(1, TimeUnit.SECONDS)) {
                duties.shutdownNow();
                heart.shutdownNow();
            }
        } catch (InterruptedException e) {
            duties.shutdownNow();
            heart.shutdownNow();
            Thread.currentThread().interrupt();
        }
        run("last counts", tallies::flush);
        run("farewell", registry::leave);
    }

    private void count() {
        tallies.flush();
        tallies.foldGone();
    }

    private void every(ScheduledExecutorService executor, Duration pause, String duty, Runnable action) {
        // Its outcome is never asked for: run() reports what fails.
        ScheduledFuture<?> unused = executor.scheduleWithFixedDelay(
                () -> run(duty, action), pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void run(String duty, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            listener.upkeepFailed(duty, e);
        }
    }

    private static ScheduledExecutorService executor(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
