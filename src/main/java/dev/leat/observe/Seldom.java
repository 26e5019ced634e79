package dev.leat.observe;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Lets one of many alike through in a while, and knows how many it held back. Safe for use by several threads. */
final class Seldom {

    private static final int KINDS = 1_000;

    private final long every;
    private final LongSupplier nanoTime;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();

    /**
     * @param nanoTime the clock, such as {@code System::nanoTime}
     */
    Seldom(Duration every, LongSupplier nanoTime) {
        this.every = every.toNanos();
        this.nanoTime = nanoTime;
    }

    private static final class Kind {
        private long admittedAt;
        private long heldBack;
    }

    /** Empty: hold this one back. Else how many of its kind were held back since the last one let through. */
    synchronized OptionalLong admit(String kind) {
        long now = nanoTime.getAsLong();
        Kind known = kinds.get(kind);
        if (known == null) {
            known = new Kind();
            known.admittedAt = now;
            kinds.put(kind, known);
            if (kinds.size() > KINDS) {
                // What others write is in them, so their number has no end.
                kinds.remove(kinds.keySet().iterator().next());
            }
            return OptionalLong.of(0);
        }
        if (now - known.admittedAt < every) {
            known.heldBack++;
            return OptionalLong.empty();
        }
        long heldBack = known.heldBack;
        known.admittedAt = now;
        known.heldBack = 0;
        return OptionalLong.of(heldBack);
    }
}
