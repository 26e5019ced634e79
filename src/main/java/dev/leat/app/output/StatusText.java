package dev.leat.app.output;

import dev.leat.Operation;
import dev.leat.status.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code leat status}, for a person. */
public final class StatusText {

    private StatusText() {}

    public static List<String> lines(Status status) {
        List<String> lines = new ArrayList<>();
        lines.add("schema      version " + status.schemaVersion());
        status.faults().forEach(fault -> lines.add("FAIL        " + fault));
        lines.add("backlog     " + backlog(status.backlog()));
        lines.add("lanes       " + status.lanes() + ", " + status.held().size() + " held now");
        lines.add("quarantine  " + quarantine(status.quarantine()));
        long alive =
                status.pollers().stream().filter(Status.PollerStatus::alive).count();
        lines.add("pollers     " + alive + " alive"
                + (alive == 0 ? ": nothing is published until one runs (leat run)" : ""));
        pollers(lines, status);
        strangers(lines, status);
        shards(lines, status);
        if (!status.loads().isEmpty()) {
            lines.add("");
            lines.addAll(LoadText.table(status.loads()));
        }
        if (!status.replays().isEmpty()) {
            lines.add("");
            lines.addAll(ReplayText.table(status.replays()));
        }
        tables(lines, status);
        return lines;
    }

    private static String backlog(Status.OutboxStatus backlog) {
        String disk = ", " + size(backlog.bytesOnDisk()) + " on disk";
        if (backlog.events() == 0 || backlog.oldestAgeSeconds() == null) {
            return "empty" + disk;
        }
        return (backlog.capped() ? "more than " : "") + ProgressText.number(backlog.events()) + " events, the oldest "
                + String.format(Locale.ROOT, "%.1f s old", backlog.oldestAgeSeconds()) + disk;
    }

    private static String size(long bytes) {
        long mebibytes = bytes >> 20;
        return mebibytes == 0 ? ProgressText.number(bytes >> 10) + " KiB" : ProgressText.number(mebibytes) + " MiB";
    }

    private static String quarantine(Map<String, Long> counts) {
        if (counts.values().stream().allMatch(count -> count == 0)) {
            return "empty";
        }
        return ProgressText.number(counts.getOrDefault("quarantined", 0L)) + " refused, "
                + ProgressText.number(counts.getOrDefault("waiting", 0L))
                + " waiting behind them, " + ProgressText.number(counts.getOrDefault("retry", 0L)) + " released, "
                + ProgressText.number(counts.getOrDefault("discarded", 0L)) + " discarded (leat quarantine list)";
    }

    private static void pollers(List<String> lines, Status status) {
        if (status.pollers().isEmpty()) {
            return;
        }
        TextTable table = new TextTable(5, "POLLER", "HOST", "VERSION", "STARTED", "ALIVE", "PID", "LANES HELD");
        for (Status.PollerStatus poller : status.pollers()) {
            table.add(
                    poller.poller().toString(),
                    poller.host(),
                    poller.version(),
                    poller.startedAt().toString(),
                    poller.alive() ? "yes" : "no, last seen " + poller.seenAt(),
                    Long.toString(poller.pid()),
                    Integer.toString(poller.lanes()));
        }
        lines.add("");
        lines.addAll(table.lines());
    }

    /** Lanes that no listed poller holds: a session in psql does, or a poller whose heartbeats fail. */
    private static void strangers(List<String> lines, Status status) {
        for (Status.HeldLane lane : status.held()) {
            boolean known =
                    status.pollers().stream().anyMatch(poller -> poller.poller().equals(lane.poller()));
            if (!known) {
                lines.add("lane " + lane.lane() + " is held by "
                        + (lane.pid() == null
                                ? "a prepared transaction"
                                : "backend " + lane.pid() + " (" + lane.application() + ")")
                        + ", which is no poller on the list");
            }
        }
    }

    /** Over the last minute. */
    private static void shards(List<String> lines, Status status) {
        if (status.shards().isEmpty()) {
            return;
        }
        TextTable table = new TextTable(2, "STREAM", "SHARD", "RECORDS/S", "KIB/S", "REFUSED");
        for (Status.Shard shard : status.shards()) {
            table.add(
                    shard.stream(),
                    shard.shard(),
                    String.format(Locale.ROOT, "%,.1f", shard.recordsPerSecond()),
                    String.format(Locale.ROOT, "%,.1f", shard.bytesPerSecond() / 1024),
                    String.format(Locale.ROOT, "%.1f %%", 100 * shard.refusedShare()));
        }
        lines.add("");
        lines.addAll(table.lines());
    }

    private static String attached(Status.Table table) {
        if (table.captureFault() != null) {
            return ("dropped".equals(table.captureFault()) ? "" : "FAIL: ") + table.captureFault() + " (leat doctor)";
        }
        return table.table() == null ? "-" : table.attached() ? "yes" : "no";
    }

    private static void tables(List<String> lines, Status status) {
        if (status.tables().isEmpty()) {
            lines.add("");
            lines.add("no table is attached (leat attach)");
            return;
        }
        TextTable table = new TextTable(
                4,
                "TABLE",
                "ATTACHED",
                "STREAM",
                "OPERATION",
                "CAPTURED",
                "PUBLISHED",
                "QUARANTINED",
                "DISCARDED",
                "WAITING");
        Status.Counts total = Status.Counts.NONE;
        for (Status.Table each : status.tables()) {
            if (each.counts().isEmpty()) {
                add(table, each, "-", Status.Counts.NONE);
            }
            for (Map.Entry<Operation, Status.Counts> counts : each.counts().entrySet()) {
                add(table, each, OperationName.of(counts.getKey()), counts.getValue());
                total = total.plus(counts.getValue());
            }
        }
        add(table, "total", "", "", "", total);
        lines.add("");
        lines.addAll(table.lines());
        if (status.backlog().capped()) {
            lines.add("waiting events are counted up to the first "
                    + ProgressText.number(status.backlog().events()) + " only, so more were captured than it says");
        }
    }

    private static void add(TextTable table, Status.Table of, String operation, Status.Counts counts) {
        add(
                table,
                of.table() == null ? "(domain events)" : name(of),
                attached(of),
                of.stream() == null ? "default" : of.stream(),
                operation,
                counts);
    }

    private static void add(
            TextTable table, String name, String attached, String stream, String operation, Status.Counts counts) {
        table.add(
                name,
                attached,
                stream,
                operation,
                ProgressText.number(counts.captured()),
                ProgressText.number(counts.published()),
                ProgressText.number(counts.quarantined()),
                ProgressText.number(counts.discarded()),
                ProgressText.number(counts.waiting()));
    }

    private static String name(Status.Table of) {
        return of.schema() == null ? String.valueOf(of.table()) : of.schema() + "." + of.table();
    }
}
