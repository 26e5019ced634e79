package dev.leat.loop;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Who of a poller's workers is at work: the first always, so that what is little goes in one claim; the others while somebody
 * leaves something behind, or is long about a pass, for other lanes need not wait for those it holds.
 */
final class Workforce {

    private static final Duration LONG = Duration.ofMillis(50);

    private final LongSupplier nanoTime;
    private final Set<Object> behind = new HashSet<>();
    private final Map<Object, Long> begun = new HashMap<>();
    private long lastBegun;

    Workforce(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.lastBegun = nanoTime.getAsLong() - LONG.toNanos();
    }

    synchronized void begins(Object worker) {
        if (quiet()) {
            notifyAll();
        }
        lastBegun = nanoTime.getAsLong();
        begun.put(worker, lastBegun);
    }

    /**
     * @param leaves whether there was more than the pass could do
     */
    synchronized void ends(Object worker, boolean leaves) {
        begun.remove(worker);
        if (leaves) {
            behind.add(worker);
            notifyAll();
        } else {
            behind.remove(worker);
        }
    }

    /** Whether the first worker is too little. */
    synchronized boolean allNeeded() {
        long now = nanoTime.getAsLong();
        return !behind.isEmpty() || begun.values().stream().anyMatch(at -> now - at >= LONG.toNanos());
    }

    synchronized void awaitNeed() throws InterruptedException {
        while (!allNeeded()) {
            // A pass that gets long tells nobody; where there are none, the next to begin does.
            wait(quiet() ? 0 : LONG.toMillis());
        }
    }

    private boolean quiet() {
        return begun.isEmpty() && nanoTime.getAsLong() - lastBegun >= LONG.toNanos();
    }
}
