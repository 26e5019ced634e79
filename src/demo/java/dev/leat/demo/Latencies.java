package dev.leat.demo;

import java.time.Duration;

/** Counts durations in steps of about 3 %, from a microsecond to some minutes. Thread-safe. */
final class Latencies {

    private static final double STEP = Math.log(1.03);

    private final long[] counts = new long[700];
    private long count;

    synchronized void add(Duration latency) {
        double micros = Math.max(1, latency.toNanos() / 1_000.0);
        int slot = (int) Math.min(counts.length - 1L, Math.round(Math.log(micros) / STEP));
        counts[slot]++;
        count++;
    }

    /**
     * The duration that this share of all durations does not exceed; zero if there are none.
     *
     * @param share between 0 and 1
     */
    synchronized Duration percentile(double share) {
        long rank = (long) Math.ceil(share * count);
        long passed = 0;
        for (int slot = 0; slot < counts.length && rank > 0; slot++) {
            passed += counts[slot];
            if (passed >= rank) {
                return Duration.ofNanos(Math.round(Math.exp(slot * STEP) * 1_000));
            }
        }
        return Duration.ZERO;
    }
}
