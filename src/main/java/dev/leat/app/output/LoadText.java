package dev.leat.app.output;

import dev.leat.status.Status;
import java.util.List;
import java.util.Locale;

/** How far a full load has come, for a person. */
public final class LoadText {

    private static final int BAR = 20;
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;

    private LoadText() {}

    /** A table with a line for each load. */
    public static List<String> table(List<Status.Load> loads) {
        TextTable table = new TextTable(4, "LOAD OF", "STATE", "", "REMARK", "ROWS", "OF ABOUT", "ROWS/S", "LEFT");
        for (Status.Load load : loads) {
            table.add(
                    load.schema() + "." + load.table(),
                    load.state(),
                    bar(load),
                    remark(load),
                    number(load.loaded()),
                    load.estimate() == null ? "-" : number(load.estimate()),
                    load.rate() == null ? "-" : number(Math.round(load.rate())),
                    load.secondsLeft() == null ? "-" : time(load.secondsLeft()));
        }
        return table.lines();
    }

    /** One load in one line, such as {@code public.orders  [#####...............]  25 %  running, 1,000 rows, …}. */
    public static String line(Status.Load load) {
        StringBuilder line = new StringBuilder(load.schema() + "." + load.table() + "  " + bar(load) + "  "
                + load.state() + ", " + number(load.loaded())
                + (load.estimate() == null ? "" : " of about " + number(load.estimate())) + " rows");
        if (load.rate() != null) {
            line.append(", ").append(number(Math.round(load.rate()))).append(" rows/s");
        }
        if (load.secondsLeft() != null) {
            line.append(", ").append(time(load.secondsLeft())).append(" left");
        }
        String remark = remark(load);
        return remark.isEmpty() ? line.toString() : line + ", " + remark;
    }

    private static String remark(Status.Load load) {
        String held = load.held() == 0 ? "" : number(load.held()) + " keys held by writers";
        String error = load.error() == null ? "" : load.error();
        return held + (held.isEmpty() || error.isEmpty() ? "" : ", ") + error;
    }

    private static String bar(Status.Load load) {
        int percent = load.percent();
        int full = percent * BAR / 100;
        return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " + String.format(Locale.ROOT, "%3d %%", percent);
    }

    private static String time(double seconds) {
        long whole = (long) Math.ceil(seconds);
        return whole < MINUTE
                ? whole + " s"
                : whole < HOUR
                        ? whole / MINUTE + " min " + whole % MINUTE + " s"
                        : whole / HOUR + " h " + whole % HOUR / MINUTE + " min";
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }
}
