package dev.leat.demo;

import dev.leat.observe.Printable;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What the demo prints: its parts, a line of figures that is overwritten on a terminal, and the verdict. */
final class Progress {

    private static final Duration ON_TERMINAL = Duration.ofMillis(500);
    private static final Duration IN_FILES = Duration.ofSeconds(5);

    private final PrintStream out;
    private final boolean terminal;
    private boolean lineOpen;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** How often {@link #figures} should be called. */
    Duration interval() {
        return terminal ? ON_TERMINAL : IN_FILES;
    }

    /** The figures of the last interval. */
    record Figures(
            Duration elapsed, double written, double published, long behind, Duration half, Duration ninetyNine) {}

    void line(String text) {
        endLine();
        out.println(Printable.line(text));
        out.flush();
    }

    void part(String name, String text) {
        line(String.format(Locale.ROOT, "  %-12s %s", name, text));
    }

    void figures(Figures figures) {
        String text = String.format(
                Locale.ROOT,
                "  %4d s   written %,6.0f/s   published %,6.0f/s   backlog %,5d   latency p50 %s  p99 %s",
                figures.elapsed().toSeconds(),
                figures.written(),
                figures.published(),
                figures.behind(),
                millis(figures.half()),
                millis(figures.ninetyNine()));
        if (terminal) {
            // Back to the start of the line; then the rest of a longer text is erased.
            out.print("\r" + text + "\u001b[K");
            lineOpen = true;
        } else {
            out.println(text);
        }
        out.flush();
    }

    void verdict(Verdict verdict, Duration half, Duration ninetyNine) {
        line("");
        line("  Verdict: " + verdict.headline());
        line("");
        count("changes committed", verdict.committed(), "the first customers included");
        count(
                "delivered",
                verdict.delivered(),
                verdict.duplicates() == 0
                        ? ""
                        : "and " + verdict.duplicates() + " repeats, which consumers drop by their id");
        count("missing", verdict.missing(), "");
        count("out of order", verdict.outOfOrder() + verdict.fallingIds(), "");
        count("not committed", verdict.unexpected(), "");
        line(String.format(
                Locale.ROOT,
                "    %-18s %9s at p50, %s at p99, from the trigger to the consumer; all parts share %d cores",
                "latency",
                millis(half).strip(),
                millis(ninetyNine).strip(),
                Runtime.getRuntime().availableProcessors()));
        verdict.examples().forEach(example -> line("    ! " + example));
    }

    private void count(String name, long number, String remark) {
        line(String.format(Locale.ROOT, "    %-18s %,9d   %s", name, number, remark)
                .stripTrailing());
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%4d ms", duration.toMillis());
    }

    private void endLine() {
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
    }
}
