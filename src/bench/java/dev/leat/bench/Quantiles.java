package dev.leat.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.function.ToDoubleFunction;

/** Medians and other quantiles of what was measured. */
final class Quantiles {

    private Quantiles() {}

    /** The value at this share of ascending ones; NaN of none. */
    static double of(double[] sorted, double share) {
        return sorted.length == 0
                ? Double.NaN
                : sorted[(int) Math.min(sorted.length - 1L, (long) Math.floor(share * sorted.length))];
    }

    static <T> double median(Collection<T> results, ToDoubleFunction<T> figure) {
        return of(sorted(results, figure), 0.5);
    }

    /** The median, and the least and the greatest. */
    static <T> String spread(String format, Collection<T> results, ToDoubleFunction<T> figure) {
        double[] sorted = sorted(results, figure);
        return (format + " (" + format + " to " + format + ")")
                .formatted(of(sorted, 0.5), of(sorted, 0), of(sorted, 1));
    }

    private static <T> double[] sorted(Collection<T> results, ToDoubleFunction<T> figure) {
        double[] sorted = results.stream().mapToDouble(figure).toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
