package dev.leat.chaos;

import dev.leat.demo.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The result of a round.
 *
 * @param started how often each kind of disturbance happened
 * @param faults how many requests and entries met a fault of the stream
 * @param recovered from the end of the disturbances until everything had arrived
 * @param verdict the checker's verdict; null if the round failed before it
 * @param wrong the broken promises; empty if there are none
 */
record Report(
        Plan plan,
        Map<Kind, Integer> started,
        long faults,
        Duration recovered,
        @Nullable Verdict verdict,
        List<String> wrong) {

    Report {
        started = Map.copyOf(started);
        wrong = List.copyOf(wrong);
    }

    boolean passed() {
        return wrong.isEmpty();
    }

    int starts() {
        return started.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** One line for people. */
    String line() {
        String counts = plan.menu().stream()
                .map(kind -> kind.label + " x" + started.getOrDefault(kind, 0))
                .collect(Collectors.joining(", "));
        List<String> parts = new ArrayList<>();
        parts.add("seed " + plan.seed());
        parts.add(plan.pollers() + (plan.pollers() == 1 ? " poller" : " pollers"));
        if (plan.aggregated()) {
            parts.add("aggregated");
        }
        parts.add(counts);
        if (verdict != null) {
            parts.add(String.format(
                    Locale.ROOT,
                    "%,d changes, %,d loaded rows, %,d stream faults, %,d repeats (%,d behind newer ones)",
                    verdict.committed(),
                    verdict.loaded(),
                    faults,
                    verdict.duplicates(),
                    verdict.replayedBack()));
        }
        parts.add(String.format(Locale.ROOT, "recovered in %.1f s", recovered.toMillis() / 1e3));
        parts.add(passed() && verdict != null ? verdict.headline() : "FAILED");
        return String.join("; ", parts);
    }
}
