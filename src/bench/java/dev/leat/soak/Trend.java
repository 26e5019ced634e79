package dev.leat.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Whether figures stayed flat: the median of the last third of the samples against that of the first third. */
final class Trend {

    private static final int FEWEST = 6;

    private final List<Sample> samples = new ArrayList<>();

    void add(Sample sample) {
        samples.add(sample);
    }

    /** A figure's two medians; {@code rise} is the second over the first. */
    record Flatness(String name, double first, double last) {

        double rise() {
            return last / first;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s %.2f at first, %.2f at last: %.2f", name, first, last, rise());
        }
    }

    Flatness of(String name, ToDoubleFunction<Sample> figure) {
        if (samples.size() < FEWEST) {
            throw new IllegalStateException(samples.size() + " samples say nothing of a trend: run for longer");
        }
        int third = samples.size() / 3;
        return new Flatness(
                name,
                median(samples.subList(0, third), figure),
                median(samples.subList(samples.size() - third, samples.size()), figure));
    }

    private static double median(List<Sample> some, ToDoubleFunction<Sample> figure) {
        double[] sorted = some.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
