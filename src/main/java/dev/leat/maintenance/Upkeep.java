package dev.leat.maintenance;

import dev.leat.PollerListener;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Does a poller's recurring duties beside its passes: heartbeats every second, which also tell whether tables have changed and loads are
 * under way, so that an idle poller asks for nothing else as often; sums of counters every five, a look at the rows that Leat rests on every five, at Leat's own tables every minute, old sent
 * events every ten minutes. Heartbeats have a thread of their own, so that a duty that takes long does
 * not make the poller look dead. A duty that fails is reported and comes round again, after pauses that double up to a minute, or
 * to its own interval if that is longer; it never stops the poller.
 */
public final class Upkeep {

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Other pollers count a poller as gone after this time, so a heartbeat must be retried soon. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(PollerRegistry.ALIVE_SECONDS);

    private final PollerRegistry registry;
    private final ShardUses shardUses;
    private final Housekeeping housekeeping;
    private final BacklogWatch backlog;
    private final Runnable loads;
    private final @Nullable Duration retain;
    private final PollerListener listener;
    private volatile PollerRegistry.HeartbeatReply reply = PollerRegistry.HeartbeatReply.UNKNOWN;
    private final ScheduledThreadPoolExecutor heart = executor("leat-heartbeat");
    private final ScheduledThreadPoolExecutor duties = executor("leat-upkeep");

    /**
     * @param loads run after each heartbeat that tells of a load or replay, and after each that fails
     * @param retain how long sent events are kept; null: none are
     * @param listener told of duties that failed, of those that were done, and of what a refresh warns of
     */
    public Upkeep(
            DataSource database,
            PollerRegistry registry,
            ShardUses shardUses,
            BacklogWatch backlog,
            Runnable loads,
            @Nullable Duration retain,
            PollerListener listener) {
        this.registry = registry;
        this.shardUses = shardUses;
        this.housekeeping = new Housekeeping(database, System::nanoTime, listener::notice);
        this.backlog = backlog;
        this.loads = loads;
        this.retain = retain;
        this.listener = listener;
    }

    /** Returns when the poller is on the list and knows the others, or the attempt to has failed and was reported. */
    public void start() {
        Duty rows = new Duty(
                duties,
                "look at the rows that Leat rests on",
                "where some are missing, events wait",
                Duration.ofSeconds(5),
                LONGEST_PAUSE,
                () -> notice(housekeeping.putRows()));
        rows.run();
        Duty tables = new Duty(
                duties,
                "look at Leat's tables",
                "what somebody has done to them is not told",
                Duration.ofMinutes(1),
                LONGEST_PAUSE,
                () -> notice(housekeeping.tableFaults()));
        tables.run();
        Duty beat = new Duty(
                heart,
                "heartbeat",
                "other pollers take this one for gone and `leat status` does not show it",
                Duration.ofSeconds(1),
                LONGEST_SILENCE,
                this::beat);
        beat.run();
        every(
                Duration.ofSeconds(5),
                "sum of counters",
                "leat_internal.counter_delta grows, and `leat status` takes longer",
                housekeeping::sumCounters);
        every(
                Duration.ofSeconds(5),
                "counts of shards",
                "`leat status` does not show what shards took",
                shardUses::flush);
        every(
                Duration.ofSeconds(1),
                "look at changed tables",
                "rows of changed tables are captured by a slower way",
                () -> housekeeping.refreshIfChanged(reply.catalogChanges()));
        every(Duration.ofSeconds(5), "look at the backlog", "warnings do not say what waits", backlog::look);
        Duration keep = retain;
        if (keep != null) {
            Duty removal = new Duty(
                    duties,
                    "removal of old sent events",
                    "leat_internal.sent grows, and without a partition for the day to come published events are not kept",
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(10),
                    () -> housekeeping.rotateSent(keep));
            removal.run();
        }
    }

    /** Takes the poller off the list. Waits for a duty under way, five seconds at most. */
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
        try {
            registry.leave();
        } catch (RuntimeException e) {
            listener.upkeepFailed(
                    "deregistration",
                    "other pollers leave its share of the lanes to it for some seconds more",
                    e,
                    Duration.ZERO);
        }
    }

    /** After one that fails, all that it would have told of may be. */
    private void beat() {
        PollerRegistry.HeartbeatReply now = PollerRegistry.HeartbeatReply.UNKNOWN;
        try {
            now = registry.beat();
        } finally {
            reply = now;
            if (now.loading()) {
                loads.run();
            }
        }
    }

    private void notice(@Nullable String text) {
        if (text != null) {
            listener.notice(text);
        }
    }

    private void every(Duration interval, String name, String consequence, Runnable action) {
        new Duty(duties, name, consequence, interval, LONGEST_PAUSE, action).await(interval);
    }

    /** Runs an action again and again until its executor is shut down. */
    private final class Duty implements Runnable {

        private final ScheduledThreadPoolExecutor executor;
        private final String name;
        private final String consequence;
        private final Duration interval;
        private final Duration longest;
        private final Runnable action;
        private Duration backoff = Duration.ZERO;

        /**
         * @param longest the longest pause after failures
         */
        Duty(
                ScheduledThreadPoolExecutor executor,
                String name,
                String consequence,
                Duration interval,
                Duration longest,
                Runnable action) {
            this.executor = executor;
            this.name = name;
            this.consequence = consequence;
            this.interval = interval;
            this.longest = longest;
            this.action = action;
        }

        @Override
        public void run() {
            Duration pause = interval;
            try {
                action.run();
                backoff = Duration.ZERO;
                listener.upkeepDone(name);
            } catch (RuntimeException e) {
                backoff =
                        backoff.isZero() ? shorter(interval, LONGEST_PAUSE) : shorter(backoff.multipliedBy(2), longest);
                // At least half of the pause, at random, so that pollers that failed together do not retry together.
                pause = Duration.ofMillis((long)
                        (backoff.toMillis() * (0.5 + ThreadLocalRandom.current().nextDouble() / 2)));
                listener.upkeepFailed(name, consequence, e, pause);
            }
            await(pause);
        }

        void await(Duration pause) {
            try {
                // Its outcome is never asked for: run() reports what fails.
                ScheduledFuture<?> unused = executor.schedule(this, pause.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // The poller has stopped meanwhile.
                return;
            }
        }

        private static Duration shorter(Duration one, Duration other) {
            return one.compareTo(other) < 0 ? one : other;
        }
    }

    private static ScheduledThreadPoolExecutor executor(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }
}
