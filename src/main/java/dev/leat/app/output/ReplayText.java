package dev.leat.app.output;

import dev.leat.status.Status;
import java.util.List;

/** How far a replay has come, for a person. */
public final class ReplayText {

    private ReplayText() {}

    /** A table with a line for each replay. */
    public static List<String> table(List<Status.Replay> replays) {
        TextTable table =
                new TextTable(5, "REPLAY OF", "STREAM", "STATE", "", "REMARK", "SENT", "OF", "EVENTS/S", "LEFT");
        for (Status.Replay replay : replays) {
            table.add(
                    of(replay),
                    replay.stream() == null ? "of each event" : replay.stream(),
                    replay.state(),
                    ProgressText.bar(replay.percent()),
                    remark(replay),
                    ProgressText.number(replay.sent()),
                    ProgressText.number(replay.events()),
                    ProgressText.rate(replay.rate()),
                    ProgressText.time(replay.secondsLeft()));
        }
        return table.lines();
    }

    /** One replay in one line, such as {@code replay 3  [#####...............]  25 %  running, 1,000 of 4,000 events sent, …}. */
    public static String line(Status.Replay replay) {
        return "replay " + replay.number() + "  "
                + ProgressText.line(
                        replay.percent(),
                        replay.state() + ", " + ProgressText.number(replay.sent()) + " of "
                                + ProgressText.number(replay.events()) + " events sent",
                        "events",
                        replay.rate(),
                        replay.secondsLeft(),
                        remark(replay));
    }

    private static String of(Status.Replay replay) {
        String tables = replay.tables().isEmpty() ? "all tables" : String.join(", ", replay.tables());
        return replay.key() == null ? tables : tables + ", key " + replay.key();
    }

    private static String remark(Status.Replay replay) {
        String refused = replay.refused() == 0 ? "" : ProgressText.number(replay.refused()) + " in quarantine";
        String skipped = replay.skipped() == 0 ? "" : ProgressText.number(replay.skipped()) + " not sent";
        return refused + (refused.isEmpty() || skipped.isEmpty() ? "" : ", ") + skipped;
    }
}
