package dev.leat.app;

import dev.leat.config.Setting;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a poller works. Texts: the reader of settings judges them, together with the environment. */
final class RunOptions {

    @Option(
            names = "--max-record-size",
            paramLabel = "<size>",
            description =
                    "Largest record, data and partition key together, such as 10MiB; default: what the stream says, else"
                            + " 1MiB. LEAT_MAX_RECORD_SIZE")
    private @Nullable String maxRecordSize;

    @Option(
            names = "--aggregation",
            paramLabel = "<format>",
            description =
                    "Several events in a record: none, kpl (the aggregation format) or lines (of JSON), for every stream, or"
                            + " stream=format for one, such as kpl,audit=none; default none. LEAT_AGGREGATION")
    private @Nullable String pack;

    @Option(
            names = "--aggregation-size",
            paramLabel = "<size>",
            description =
                    "What a packed record is filled up to; default 250000, ten times what bills as one. LEAT_AGGREGATION_SIZE")
    private @Nullable String packSize;

    @Option(
            names = "--retain",
            paramLabel = "<duration>",
            description =
                    "Keep published events in leat_internal.sent for that long, such as 7d; default: delete them. LEAT_RETAIN")
    private @Nullable String retain;

    @Option(
            names = "--workers",
            paramLabel = "<n>",
            description = "Passes beside each other, each with a database connection; default 2. LEAT_WORKERS")
    private @Nullable String workers;

    @Option(names = "--batch", paramLabel = "<n>", description = "Events per claim; default 8000. LEAT_BATCH")
    private @Nullable String batch;

    @Option(
            names = "--requests-in-flight",
            paramLabel = "<n>",
            description = "Requests to the stream at once, per worker; default 4. LEAT_REQUESTS_IN_FLIGHT")
    private @Nullable String requestsInFlight;

    @Option(
            names = "--busy-interval",
            paramLabel = "<duration>",
            description =
                    "How long to rest between looks while events come: longer costs less CPU and delays them; default 2ms. LEAT_BUSY_INTERVAL")
    private @Nullable String busyInterval;

    @Option(
            names = "--idle-interval",
            paramLabel = "<duration>",
            description = "How often an idle poller looks for events; default 100ms. LEAT_IDLE_INTERVAL")
    private @Nullable String idleInterval;

    @Option(
            names = "--publish-deadline",
            paramLabel = "<duration>",
            description =
                    "How long a claim may be published before its lanes are let go; default 15s. LEAT_PUBLISH_DEADLINE")
    private @Nullable String publishDeadline;

    @Option(
            names = "--stop-deadline",
            paramLabel = "<duration>",
            description = "How long a stopping poller may finish what it holds; default 20s. LEAT_STOP_DEADLINE")
    private @Nullable String stopDeadline;

    @Option(
            names = "--server-name",
            paramLabel = "<name>",
            description = "source.name of the envelope; default: the database's name. LEAT_SERVER_NAME")
    private @Nullable String serverName;

    void into(Map<Setting, String> given) {
        Options.put(given, Setting.MAX_RECORD_SIZE, maxRecordSize);
        Options.put(given, Setting.AGGREGATION, pack);
        Options.put(given, Setting.AGGREGATION_SIZE, packSize);
        Options.put(given, Setting.RETAIN, retain);
        Options.put(given, Setting.WORKERS, workers);
        Options.put(given, Setting.BATCH, batch);
        Options.put(given, Setting.REQUESTS_IN_FLIGHT, requestsInFlight);
        Options.put(given, Setting.BUSY_INTERVAL, busyInterval);
        Options.put(given, Setting.IDLE_INTERVAL, idleInterval);
        Options.put(given, Setting.PUBLISH_DEADLINE, publishDeadline);
        Options.put(given, Setting.STOP_DEADLINE, stopDeadline);
        Options.put(given, Setting.SERVER_NAME, serverName);
    }
}
