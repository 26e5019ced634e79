package dev.leat.localstream;

import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps the faults in force and gives each request its plan. */
final class FaultInjector {

    private final AtomicLong injected = new AtomicLong();
    private Faults faults = Faults.none();
    private Random seeds = new Random(1);
    private CountDownLatch released = new CountDownLatch(1);

    /** Puts faults into force and releases every request that the old ones delay. */
    synchronized void set(Faults next) {
        faults = next;
        seeds = new Random(next.seed);
        released.countDown();
        released = new CountDownLatch(1);
    }

    synchronized FaultPlan plan(String operation) {
        Faults mine = faults.operations.contains(operation) ? faults : Faults.none();
        return new FaultPlan(mine, seeds.nextLong(), released, injected);
    }

    long injected() {
        return injected.get();
    }
}
