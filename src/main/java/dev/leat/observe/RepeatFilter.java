package dev.leat.observe;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Allows one message of a kind per interval, and counts those that it suppresses. Safe for use by several threads. */
final class RepeatFilter {

    private static final int MOST_KINDS = 1_000;

    private final long interval;
    private final LongSupplier nanoTime;
    private final Map<String, Messages> byKind = new LinkedHashMap<>();

    /**
     * @param nanoTime the clock, such as {@code System::nanoTime}
     */
    RepeatFilter(Duration interval, LongSupplier nanoTime) {
        this.interval = interval.toNanos();
        this.nanoTime = nanoTime;
    }

    private static final class Messages {
        private long allowedAt;
        private long suppressed;
    }

    /** The number of messages of this kind that were suppressed since the last one allowed; empty: this one is suppressed too. */
    synchronized OptionalLong allow(String kind) {
        long now = nanoTime.getAsLong();
        Messages known = byKind.get(kind);
        if (known == null) {
            known = new Messages();
            known.allowedAt = now;
            byKind.put(kind, known);
            if (byKind.size() > MOST_KINDS) {
                // A kind contains text of users and services, so there can be any number of kinds.
                byKind.remove(byKind.keySet().iterator().next());
            }
            return OptionalLong.of(0);
        }
        if (now - known.allowedAt < interval) {
            known.suppressed++;
            return OptionalLong.empty();
        }
        long suppressed = known.suppressed;
        known.allowedAt = now;
        known.suppressed = 0;
        return OptionalLong.of(suppressed);
    }
}
