package dev.leat.poller;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The loop of one thread: runs a pass, waits if there is nothing to do, and repeats until it is stopped. */
final class Worker implements Runnable {

    private final Stages stages;
    private final WorkerContext context;
    private final Pass pass;
    private final Workforce workforce;
    private final boolean first;

    private boolean stopping;
    private boolean waiting;
    private Thread thread = Thread.currentThread();

    /**
     * @param first whether it always claims
     */
    Worker(Stages stages, WorkerContext context, Workforce workforce, boolean first) {
        this.stages = stages;
        this.context = context;
        this.pass = new Pass(stages, context);
        this.workforce = workforce;
        this.first = first;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        int failures = 0;
        boolean unsettled = false;
        try {
            while (goesOn()) {
                try {
                    Pass.PassResult result = run(pass);
                    if (result.stuck()) {
                        failures++;
                    } else if (!result.empty() || !unsettled) {
                        // After an empty pass another worker may hold the events that cannot be settled, so failures
                        // stay counted.
                        failures = 0;
                        unsettled = false;
                    }
                    waitAfter(result, failures);
                } catch (RuntimeException e) {
                    unsettled |= pass.claimed() > 0;
                    waitAfter(e, ++failures);
                } catch (Error e) {
                    // Such as OutOfMemoryError. A poller without workers would send heartbeats and publish nothing.
                    waitAfter(new IllegalStateException("a pass ended by " + e, e), ++failures);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Pass.PassResult run(Pass pass) {
        boolean leaves = false;
        workforce.begins(this);
        try {
            Pass.PassResult result = pass.run();
            leaves = result.more();
            return result;
        } finally {
            workforce.ends(this, leaves);
        }
    }

    /** Waits after a failed pass. Its lanes are released, and its events are still in the outbox. */
    private void waitAfter(RuntimeException failure, int failures) throws InterruptedException {
        Duration pause = context.pauseAfterFailures().apply(failures);
        context.listener().passFailed(failure, pass.claimed(), pause);
        await(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
    }

    private void waitAfter(Pass.PassResult result, int failures) throws InterruptedException {
        if (result.stuck()) {
            Duration pause =
                    result.retryAfter().isZero() ? context.pauseAfterFailures().apply(failures) : result.retryAfter();
            await(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
        } else {
            await(() -> {
                if (!first) {
                    workforce.awaitNeed();
                }
                stages.claims().awaitWork(() -> pass.backingOff().lanes());
            });
        }
    }

    private interface Wait {
        void run() throws InterruptedException;
    }

    private void await(Wait wait) throws InterruptedException {
        synchronized (this) {
            if (stopping) {
                return;
            }
            waiting = true;
        }
        try {
            wait.run();
        } catch (RuntimeException e) {
            if (goesOn()) {
                throw e;
            }
            // The interrupt that ended the wait interrupted a query.
        } finally {
            synchronized (this) {
                waiting = false;
            }
        }
    }

    private synchronized boolean goesOn() {
        return !stopping && !Thread.currentThread().isInterrupted();
    }

    /** Stops the loop. A wait ends at once; a running pass is finished first. */
    synchronized void stop() {
        stopping = true;
        if (waiting) {
            thread.interrupt();
        }
    }
}
