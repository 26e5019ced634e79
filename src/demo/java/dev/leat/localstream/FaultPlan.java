package dev.leat.localstream;

import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The faults of one request. It has its own random numbers, whose seed comes from the faults in force when it arrived. */
final class FaultPlan {

    private final Faults faults;
    private final Random random;
    private final CountDownLatch released;
    private final AtomicLong injected;

    FaultPlan(Faults faults, long seed, CountDownLatch released, AtomicLong injected) {
        this.faults = faults;
        this.random = new Random(seed);
        this.released = released;
        this.injected = injected;
    }

    boolean resets() {
        return hit(faults.resets);
    }

    boolean losesAnswer() {
        return hit(faults.lostAnswers);
    }

    /** Delays the request, or makes it fail or hang, before it is applied. */
    void beforeApplying(long nowMillis) throws InterruptedException {
        long from = faults.delayFrom.toNanos();
        long spread = faults.delayTo.toNanos() - from;
        long nanos = from + (spread > 0 ? (long) (random.nextDouble() * spread) : 0);
        if (nanos > 0) {
            injected.incrementAndGet();
            // Setting new faults ends the delays of the old ones too.
            released.await(nanos, TimeUnit.NANOSECONDS);
        }
        hang(faults.hangingBefore);
        boolean throttledByTime = faults.throttledUntil != null && nowMillis < faults.throttledUntil.toEpochMilli();
        if (throttledByTime || hit(faults.throttledRequests)) {
            throw ServiceError.throughput("Rate exceeded: an injected fault throttles the whole request");
        }
        if (hit(faults.failingRequests)) {
            throw ServiceError.internal("An injected fault fails the whole request");
        }
    }

    void afterApplying() throws InterruptedException {
        hang(faults.hangingAfter);
    }

    private void hang(double share) throws InterruptedException {
        if (hit(share)) {
            released.await();
        }
    }

    /** Whether the next entry fails, with {@link #entryCode}. */
    boolean failsEntry() {
        return hit(faults.failingEntries);
    }

    String entryCode() {
        return faults.entryCode;
    }

    /** What is wrong with the numbers of an answer. */
    enum Miscount {
        NONE,
        WRONG_COUNT,
        ONE_TOO_FEW,
        ONE_TOO_MANY
    }

    /** What is wrong with the numbers of a PutRecords answer. */
    Miscount miscount() {
        return hit(faults.wrongCounts) ? Miscount.values()[1 + random.nextInt(3)] : Miscount.NONE;
    }

    /** A random number from 0 to bound - 1. */
    int any(int bound) {
        return random.nextInt(bound);
    }

    /** The order in which a request's entries are applied. */
    int[] order(int entries) {
        int[] order = new int[entries];
        for (int i = 0; i < entries; i++) {
            order[i] = i;
        }
        if (faults.shuffled) {
            injected.incrementAndGet();
            for (int i = entries - 1; i > 0; i--) {
                int other = random.nextInt(i + 1);
                int swapped = order[i];
                order[i] = order[other];
                order[other] = swapped;
            }
        }
        return order;
    }

    private boolean hit(double share) {
        boolean hit = share > 0 && random.nextDouble() < share;
        if (hit) {
            injected.incrementAndGet();
        }
        return hit;
    }
}
