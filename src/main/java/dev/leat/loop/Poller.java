package dev.leat.loop;

import dev.leat.Claims;
import dev.leat.PollerListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Runs passes on a few threads until stopped. The first worker is always at work; the others join while claims come back full,
 * so that one claim is published while the next is read, and rest otherwise.
 */
public final class Poller {

    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final PollerListener listener;

    /**
     * @param workers how many claims may be under way at once, at least 1
     * @param claims gives each worker its own
     * @param pauseAfterFailures how long to rest after so many passes in a row that failed or could deliver nothing
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
        Worker.Backlog backlog = new Worker.Backlog();
        for (int i = 0; i < workers; i++) {
            Claims own = claims.get();
            Pass pass = new Pass(own, rooms, nanoTime);
            Worker worker = new Worker(own, pass, backlog, i == 0, pauseAfterFailures, listener);
            this.workers.add(worker);
            this.threads.add(new Thread(worker, "leat-worker-" + i));
        }
    }

    public void start() {
        threads.forEach(Thread::start);
    }

    /**
     * Asks the workers to finish what they hold, and waits for them.
     *
     * @param grace how long they may take; after it their publishing is cut short, and what was not sent stays in the outbox
     * @return whether all had finished within the grace
     */
    public boolean stop(Duration grace) throws InterruptedException {
        long until = System.nanoTime() + grace.toNanos();
        workers.forEach(Worker::stop);
        boolean finished = true;
        for (Thread thread : threads) {
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, until - System.nanoTime()));
            finished &= !thread.isAlive();
        }
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            thread.join();
        }
        listener.stopped(finished);
        return finished;
    }
}
