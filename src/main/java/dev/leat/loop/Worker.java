package dev.leat.loop;

import dev.leat.Claims;
import dev.leat.PollerListener;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** One thread's life: a pass, a rest if there is nothing to do, and so on until told to stop. */
final class Worker implements Runnable {

    private final Claims claims;
    private final Pass pass;
    private final Backlog backlog;
    private final boolean first;
    private final IntFunction<Duration> pauseAfterFailures;
    private final PollerListener listener;

    private boolean stopping;
    private boolean resting;
    private Thread thread = Thread.currentThread();

    /**
     * @param first whether it is always at work; the others rest while there is no backlog
     */
    Worker(
            Claims claims,
            Pass pass,
            Backlog backlog,
            boolean first,
            IntFunction<Duration> pauseAfterFailures,
            PollerListener listener) {
        this.claims = claims;
        this.pass = pass;
        this.backlog = backlog;
        this.first = first;
        this.pauseAfterFailures = pauseAfterFailures;
        this.listener = listener;
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        int failures = 0;
        try {
            while (goesOn()) {
                try {
                    Pass.Result result = pass.run();
                    backlog.set(result.more());
                    failures = result.stuck() ? failures + 1 : 0;
                    restAfter(result, failures);
                } catch (RuntimeException e) {
                    // Whatever it was, the lanes are let go and the events are still in the outbox.
                    failures++;
                    Duration pause = pauseAfterFailures.apply(failures);
                    listener.passFailed(e, pause);
                    rest(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void restAfter(Pass.Result result, int failures) throws InterruptedException {
        if (result.stuck()) {
            Duration pause = pauseAfterFailures.apply(failures);
            rest(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
        } else if (first) {
            rest(claims::awaitWork);
        } else {
            rest(backlog::await);
        }
    }

    private interface Rest {
        void take() throws InterruptedException;
    }

    private void rest(Rest rest) throws InterruptedException {
        synchronized (this) {
            if (stopping) {
                return;
            }
            resting = true;
        }
        try {
            rest.take();
        } finally {
            synchronized (this) {
                resting = false;
            }
        }
    }

    private synchronized boolean goesOn() {
        return !stopping && !Thread.currentThread().isInterrupted();
    }

    /** Ends a rest at once and lets a pass under way be finished. */
    synchronized void stop() {
        stopping = true;
        if (resting) {
            thread.interrupt();
        }
    }

    /** Whether the last claim came back full; what the workers but the first wait for. */
    static final class Backlog {

        private boolean more;

        synchronized void set(boolean more) {
            this.more = more;
            if (more) {
                notifyAll();
            }
        }

        synchronized void await() throws InterruptedException {
            while (!more) {
                wait();
            }
        }
    }
}
