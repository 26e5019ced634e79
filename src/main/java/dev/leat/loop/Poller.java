package dev.leat.loop;

import dev.leat.Claims;
import dev.leat.PollerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Runs passes on a few threads until stopped. The first worker is always at work; the others join while claims come back full,
 * so that one claim is published while the next is read, and rest otherwise.
 */
public final class Poller implements AutoCloseable {

    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch ended;
    private final PollerListener listener;
    private final Backlog backlog = new Backlog();
    private final IntFunction<Duration> pauseAfterFailures;
    private volatile boolean stopping;

    /**
     * @param workers how many claims may be under way at once, at least 1
     * @param claims gives each worker its own
     * @param pauseAfterFailures how long to rest after so many failed passes in a row
     * @param nanoTime the monotonic clock
     */
    public Poller(
            int workers,
            Supplier<Claims> claims,
            Rooms rooms,
            IntFunction<Duration> pauseAfterFailures,
            LongSupplier nanoTime) {
        if (workers < 1) {
            throw new IllegalArgumentException("a poller needs at least one worker, not " + workers);
        }
        this.listener = rooms.listener();
        this.pauseAfterFailures = pauseAfterFailures;
        this.ended = new CountDownLatch(workers);
        for (int worker = 0; worker < workers; worker++) {
            Claims own = claims.get();
            Pass pass = new Pass(own, rooms, nanoTime);
            boolean first = worker == 0;
            threads.add(new Thread(() -> work(own, pass, first), "leat-worker-" + worker));
        }
    }

    public void start() {
        threads.forEach(Thread::start);
    }

    private void work(Claims claims, Pass pass, boolean first) {
        int failures = 0;
        try {
            while (!stopping) {
                if (!first) {
                    backlog.await();
                    if (stopping) {
                        return;
                    }
                }
                try {
                    Pass.Result result = pass.run();
                    backlog.set(result.more());
                    failures = result.stuck() ? failures + 1 : 0;
                    if (result.stuck()) {
                        pause(pauseAfterFailures.apply(failures));
                    } else if (first) {
                        claims.awaitWork();
                    }
                } catch (RuntimeException e) {
                    // Whatever it was, the lanes are let go and the events are still in the outbox.
                    failures++;
                    Duration pause = pauseAfterFailures.apply(failures);
                    listener.passFailed(e, pause);
                    pause(pause);
                }
            }
        } catch (InterruptedException e) {
            // How stop() wakes a resting worker. What it held was settled or given back on the way here.
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void pause(Duration pause) throws InterruptedException {
        if (!stopping) {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        }
    }

    /**
     * Asks the workers to finish what they hold, and waits for them.
     *
     * @param grace how long they may take; after it their publishing is cut short, and what was not sent stays in the outbox
     * @return whether all had finished within the grace
     */
    public boolean stop(Duration grace) throws InterruptedException {
        stopping = true;
        backlog.end();
        boolean drained = ended.await(grace.toNanos(), TimeUnit.NANOSECONDS);
        if (!drained) {
            threads.forEach(Thread::interrupt);
            ended.await();
        }
        listener.stopped(drained);
        return drained;
    }

    @Override
    public void close() {
        try {
            stop(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the last claim came back full; what the workers but the first wait for. */
    private static final class Backlog {

        private boolean more;
        private boolean ended;

        synchronized void end() {
            ended = true;
            notifyAll();
        }

        synchronized void set(boolean more) {
            this.more = more;
            if (more) {
                notifyAll();
            }
        }

        synchronized void await() throws InterruptedException {
            while (!more && !ended) {
                wait();
            }
        }
    }
}
