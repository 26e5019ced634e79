package dev.leat.loop;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** One thread's life: a pass, a rest if there is nothing to do, and so on until told to stop. */
final class Worker implements Runnable {

    private final Rooms rooms;
    private final House house;
    private final Pass pass;
    private final Workforce workforce;
    private final boolean first;

    private boolean stopping;
    private boolean resting;
    private Thread thread = Thread.currentThread();

    /**
     * @param first whether it is always at work
     */
    Worker(Rooms rooms, House house, Workforce workforce, boolean first) {
        this.rooms = rooms;
        this.house = house;
        this.pass = new Pass(rooms, house);
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
                    Pass.Result result = run(pass);
                    if (result.stuck()) {
                        failures++;
                    } else if (!result.empty() || !unsettled) {
                        // Who finds nothing while another worker holds what cannot be settled has not mended it.
                        failures = 0;
                        unsettled = false;
                    }
                    restAfter(result, failures);
                } catch (RuntimeException e) {
                    unsettled |= pass.claimed() > 0;
                    restAfter(e, ++failures);
                } catch (Error e) {
                    // Such as OutOfMemoryError. Without its workers a poller would look alive and publish nothing.
                    restAfter(new IllegalStateException("a pass ended by " + e, e), ++failures);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Pass.Result run(Pass pass) {
        boolean leaves = false;
        workforce.begins(this);
        try {
            Pass.Result result = pass.run();
            leaves = result.more();
            return result;
        } finally {
            workforce.ends(this, leaves);
        }
    }

    /** Whatever it was, the lanes are let go and the events are still in the outbox. */
    private void restAfter(RuntimeException failure, int failures) throws InterruptedException {
        Duration pause = house.pauseAfterFailures().apply(failures);
        house.listener().passFailed(failure, pass.claimed(), pause);
        rest(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
    }

    private void restAfter(Pass.Result result, int failures) throws InterruptedException {
        if (result.stuck()) {
            Duration advised = rooms.publisher().restAdvised();
            Duration pause = advised.isZero() ? house.pauseAfterFailures().apply(failures) : advised;
            rest(() -> TimeUnit.NANOSECONDS.sleep(pause.toNanos()));
        } else {
            rest(() -> {
                if (!first) {
                    workforce.awaitNeed();
                }
                rooms.claims().awaitWork(rooms.publisher()::restingLanes);
            });
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
        } catch (RuntimeException e) {
            if (goesOn()) {
                throw e;
            }
            // The interrupt that ends the rest has cut off a look at the database.
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
}
