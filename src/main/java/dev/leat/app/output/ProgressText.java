package dev.leat.app.output;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How far something has come, for a person. */
final class ProgressText {

    private static final int BAR = 20;
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;

    private ProgressText() {}

    /** Such as {@code [#####...............]  25 %  running, 1,000 rows, 38,000 rows/s, 15 s left}. */
    static String line(
            int percent, String done, String unit, @Nullable Double rate, @Nullable Double secondsLeft, String remark) {
        return bar(percent) + "  " + done
                + (rate == null ? "" : ", " + rate(rate) + " " + unit + "/s")
                + (secondsLeft == null ? "" : ", " + time(secondsLeft) + " left")
                + (remark.isEmpty() ? "" : ", " + remark);
    }

    static String bar(int percent) {
        int full = percent * BAR / 100;
        return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " + String.format(Locale.ROOT, "%3d %%", percent);
    }

    static String rate(@Nullable Double perSecond) {
        return perSecond == null ? "-" : number(Math.round(perSecond));
    }

    static String time(@Nullable Double seconds) {
        if (seconds == null) {
            return "-";
        }
        long whole = (long) Math.ceil(seconds);
        return whole < MINUTE
                ? whole + " s"
                : whole < HOUR
                        ? whole / MINUTE + " min " + whole % MINUTE + " s"
                        : whole / HOUR + " h " + whole % HOUR / MINUTE + " min";
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
