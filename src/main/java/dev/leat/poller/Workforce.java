package dev.leat.poller;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Decides which workers of a poller claim. The first one always does, so that few events are taken in one claim. The others claim while a
 * pass leaves events behind, or takes long, so that events of other lanes need not wait for it.
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
     * @param leaves whether the pass left events behind
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

    /** Whether the first worker alone does not keep up. */
    synchronized boolean allNeeded() {
        long now = nanoTime.getAsLong();
        return !behind.isEmpty() || begun.values().stream().anyMatch(at -> now - at >= LONG.toNanos());
    }

    synchronized void awaitNeed() throws InterruptedException {
        while (!allNeeded()) {
            // A pass that takes long notifies nobody, so look again. Where no pass runs, the next one notifies.
            wait(quiet() ? 0 : LONG.toMillis());
        }
    }

    private boolean quiet() {
        return begun.isEmpty() && nanoTime.getAsLong() - lastBegun >= LONG.toNanos();
    }
}
