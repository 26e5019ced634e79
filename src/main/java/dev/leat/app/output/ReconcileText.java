package dev.leat.app.output;

import dev.leat.reconcile.Difference;
import dev.leat.reconcile.Reconciled;
import dev.leat.reconcile.Reconciled.CheckedWindow;
import dev.leat.reconcile.Reconciled.Count;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a comparison has found, for a person. */
public final class ReconcileText {

    private ReconcileText() {}

    /** The counts and what they mean. */
    public static List<String> lines(String table, String stream, Reconciled result) {
        List<String> lines = new ArrayList<>();
        CheckedWindow window = result.window();
        lines.add(table + " on stream " + stream + ", as of " + result.takenAt());
        lines.add(String.format(
                Locale.ROOT,
                "read %,d records of %d shards, %,d events of the table, since %s",
                result.records(),
                window.shards(),
                result.events(),
                window.from() == null ? "a time that is not known" : window.from()));
        lines.add(window(window));
        for (Count count : Count.values()) {
            if (result.count(count) > 0 || count.ordinal() <= Count.DIFFERENT.ordinal()) {
                lines.add(String.format(
                        Locale.ROOT, "  %-13s %,12d%s", name(count), result.count(count), meaning(count)));
            }
        }
        if (result.unnamedHeld()) {
            lines.add("events in quarantine do not say which row they are of: differences may be theirs");
        }
        lines.add(verdict(result));
        return lines;
    }

    private static String window(CheckedWindow window) {
        if (window.complete()) {
            return "every row of the table must be there: it was loaded since then";
        }
        Instant from = window.from();
        return window.sinceAttached() && from != null
                ? "rows that were written since the table was attached must be there; of older ones nothing is proved"
                : "a row that was last changed before that is not there, and nothing is proved of it";
    }

    private static String verdict(Reconciled result) {
        if (!result.equal()) {
            return "DIFFERENT";
        }
        long open = result.count(Count.NOT_SEEN) + result.count(Count.HELD) + result.count(Count.NOT_CAPTURED);
        return open == 0
                ? "EQUAL"
                : String.format(Locale.ROOT, "EQUAL as far as it can be told: %,d rows are open", open);
    }

    private static String meaning(Count count) {
        return switch (count) {
            case NOT_SEEN -> "  no event in the window: leat load sends them";
            case HELD -> "  an event of their key is in quarantine: leat quarantine list";
            case NOT_CAPTURED -> "  what differs is not captured";
            default -> "";
        };
    }

    /** As people and programs see it. */
    static String name(Count count) {
        return count.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** One row that differs. */
    public static String line(Difference difference) {
        return String.format(
                        Locale.ROOT,
                        "%-9s  %s",
                        difference.kind().name().toLowerCase(Locale.ROOT),
                        difference.partitionKey())
                + (difference.rowKey() == null ? "" : " " + difference.rowKey().replace('\n', ' '))
                + (difference.event() == null ? "" : "  last event " + difference.event())
                + (difference.discarded() ? "  an event of it was discarded" : "");
    }
}
