package dev.leat.poller;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Runs passes on a few threads until it is stopped. The first worker always claims. The others claim only while the first one does not
 * keep up, so that one claim is published while the next is read.
 */
final class Poller {

    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final WorkerContext context;
    private final Workforce workforce;

    /**
     * @param workers how many claims may be open at once, at least 1
     * @param stages gives each worker its own stages
     */
    Poller(int workers, Supplier<Stages> stages, WorkerContext context) {
        if (workers < 1) {
            throw new IllegalArgumentException("a poller needs at least one worker, not " + workers);
        }
        this.context = context;
        this.workforce = new Workforce(context.nanoTime());
        for (int i = 0; i < workers; i++) {
            Worker worker = new Worker(stages.get(), context, workforce, i == 0);
            this.workers.add(worker);
            this.threads.add(new Thread(worker, "leat-worker-" + i));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** How many workers claim now. */
    int atWork() {
        return workforce.allNeeded() ? workers.size() : 1;
    }

    /**
     * Asks the workers to finish their claims, and waits for them.
     *
     * @param grace how long they may take; after it their publishing is interrupted, and the events that were not sent stay in the outbox
     * @return whether all had finished within the grace
     */
    boolean stop(Duration grace) throws InterruptedException {
        long until = context.nanoTime().getAsLong() + grace.toNanos();
        workers.forEach(Worker::stop);
        boolean finished = true;
        for (Thread thread : threads) {
            TimeUnit.NANOSECONDS.timedJoin(
                    thread, Math.max(1, until - context.nanoTime().getAsLong()));
            finished &= !thread.isAlive();
        }
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            thread.join();
        }
        return finished;
    }
}
