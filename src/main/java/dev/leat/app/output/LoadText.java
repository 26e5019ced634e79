package dev.leat.app.output;

import dev.leat.status.Status;
import java.util.List;

/** How far a full load has come, for a person. */
public final class LoadText {

    private LoadText() {}

    /** A table with a line for each load. */
    public static List<String> table(List<Status.Load> loads) {
        TextTable table = new TextTable(4, "LOAD OF", "STATE", "", "REMARK", "ROWS", "OF ABOUT", "ROWS/S", "LEFT");
        for (Status.Load load : loads) {
            table.add(
                    load.schema() + "." + load.table(),
                    load.state(),
                    ProgressText.bar(load.percent()),
                    remark(load),
                    ProgressText.number(load.loaded()),
                    load.estimate() == null ? "-" : ProgressText.number(load.estimate()),
                    ProgressText.rate(load.rate()),
                    ProgressText.time(load.secondsLeft()));
        }
        return table.lines();
    }

    /** One load in one line, such as {@code public.orders  [#####...............]  25 %  running, 1,000 rows, …}. */
    public static String line(Status.Load load) {
        return load.schema() + "." + load.table() + "  "
                + ProgressText.line(
                        load.percent(),
                        load.state() + ", " + ProgressText.number(load.loaded())
                                + (load.estimate() == null ? "" : " of about " + ProgressText.number(load.estimate()))
                                + " rows",
                        "rows",
                        load.rate(),
                        load.secondsLeft(),
                        remark(load));
    }

    private static String remark(Status.Load load) {
        String held = load.held() == 0 ? "" : ProgressText.number(load.held()) + " keys held by writers";
        String error = load.error() == null ? "" : load.error();
        return held + (held.isEmpty() || error.isEmpty() ? "" : ", ") + error;
    }
}
