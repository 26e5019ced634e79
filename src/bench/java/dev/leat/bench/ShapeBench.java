package dev.leat.bench;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.WireFormat;
import dev.leat.WireFormats;
import dev.leat.shape.Shapers;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** CPU time of shaping an update in each format, in turns; the median of the rounds, and the ratio to {@code debezium}. */
public final class ShapeBench {

    private static final int EVENTS = 200_000;
    private static final int ROUNDS = 15;
    private static final int WARM_UP = 5;

    private ShapeBench() {}

    public static void main(String[] args) throws Exception {
        Map<String, double[]> nanos = new LinkedHashMap<>();
        List<String> formats = List.of(
                "debezium",
                "cloudevents",
                "trigger:both",
                "dms:json-unformatted:key=primary-key",
                "dms:key=primary-key");
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            for (String format : formats) {
                double each = cpuNanos(format) / EVENTS;
                if (round >= WARM_UP) {
                    nanos.computeIfAbsent(format, one -> new double[ROUNDS])[round - WARM_UP] = each;
                }
            }
        }
        double base = median(nanos.values().iterator().next());
        nanos.forEach((format, each) -> System.out.printf(
                Locale.ROOT, "%-40s %6.0f ns an event  %.2f%n", format, median(each), median(each) / base));
    }

    private static double cpuNanos(String format) throws Exception {
        WireFormat debezium = WireFormat.of(WireFormat.FormatName.DEBEZIUM);
        Shapers shapers = new Shapers(
                WireFormats.all(debezium),
                "changes",
                new Shapers.EnvelopeSource("1.0", "shop", "shop"),
                Clock.systemUTC());
        Event event = event(format);
        long bytes = 0;
        long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (int n = 0; n < EVENTS; n++) {
            bytes += shapers.shape(event).length;
        }
        long took = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began;
        if (bytes < EVENTS) {
            throw new IllegalStateException("nothing was shaped");
        }
        return took;
    }

    /** An update of 1,053 bytes in Debezium's envelope: both images, without a context. */
    private static Event event(String format) {
        String image =
                "{\"id\":1234567,\"customer_id\":4711,\"state\":\"paid\",\"placed_at\":\"2026-03-01T12:00:00\",\"note\":\""
                        + "x".repeat(120) + "\"}";
        return new Event(
                218_154_321_000_042L,
                3,
                Operation.UPDATE,
                new Event.Route("public.orders.1234567", null, format),
                new Event.Subject("public", "orders", null),
                new Event.Row("{\"id\":1234567}", image, image),
                new Event.Origin(
                        9_876_543L, Instant.parse("2026-03-01T12:00:00.123456Z"), "shop_app", "checkout", null),
                false,
                null);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
