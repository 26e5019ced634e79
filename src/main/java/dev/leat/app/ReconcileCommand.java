package dev.leat.app;

import dev.leat.PollerSettings;
import dev.leat.admin.MissingRight;
import dev.leat.admin.TableNames;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.connection.StreamClient;
import dev.leat.app.output.ReconcileReport;
import dev.leat.app.output.ReconcileText;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.PublishSettings;
import dev.leat.kinesis.PublishSettings.RequestLimits;
import dev.leat.kinesis.PublishSettings.RetryDelays;
import dev.leat.poller.StreamCheck;
import dev.leat.poller.StreamUnusable;
import dev.leat.reconcile.Difference;
import dev.leat.reconcile.ReadPace;
import dev.leat.reconcile.Reconciled;
import dev.leat.reconcile.Reconciled.Count;
import dev.leat.reconcile.Reconciliation;
import dev.leat.reconcile.Reconciliation.ReconcileOptions;
import dev.leat.reconcile.SourceDatabase;
import dev.leat.reconcile.SourceTable;
import dev.leat.reconcile.StreamUnreadable;
import dev.leat.reconcile.TableUnfit;
import dev.leat.settings.Durations;
import dev.leat.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

@Command(
        name = "reconcile",
        description =
                "Reads the stream back and compares what it says of a table with the table, row for row, beside its writers."
                        + " Ends with 1 if anything differs.")
final class ReconcileCommand extends DatabaseCommand {

    private static final String TRIM_HORIZON = "trim-horizon";

    /** How many differences a person is shown. */
    private static final int SHOWN = 20;

    /** Of how many differences the report has the rows. */
    private static final int ROWS_IN_REPORT = 1_000;

    private static final long TELL_SECONDS = 5;

    @Parameters(paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
    private String table = "";

    @Option(
            names = "--stream-from",
            paramLabel = "<trim-horizon|timestamp>",
            description =
                    "Where to begin in the stream: the oldest record that it keeps (the default), or the first that arrived since"
                            + " a time such as 2026-01-02T10:00:00Z.")
    private String streamFrom = TRIM_HORIZON;

    @Option(
            names = "--report",
            paramLabel = "<file>",
            description = "Write every difference into this file, as JSON (docs/reconcile.md). It holds rows.")
    private @Nullable Path report;

    @Option(
            names = "--complete",
            description =
                    "End with 1 too if rows are open: not seen in the window, held in quarantine, or not captured.")
    private boolean complete;

    @Option(
            names = "--no-marker",
            description =
                    "Publish no markers: wait ten seconds at the stream's end instead. For streams whose consumers fail on"
                            + " domain events.")
    private boolean noMarker;

    @Option(
            names = "--patience",
            paramLabel = "<duration>",
            description = "How long to wait for the last events to be published and read; default: 10m.")
    private String patience = "10m";

    @Option(
            names = "--trust",
            split = ",",
            paramLabel = "<role>",
            description = "Roles whose code may run with the rights of Leat's owner: those that own the table.")
    private List<String> trust = List.of();

    private @Nullable Instant from;
    private Duration waits = Duration.ZERO;

    ReconcileCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    List<Setting<?>> settings() {
        return List.of(PollerSettings.STREAM, PollerSettings.SERVER_NAME);
    }

    @Override
    public Integer call() {
        from = from();
        try {
            waits = Durations.parse(patience);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec().commandLine(), "--patience: " + e.getMessage(), e);
        }
        return super.call();
    }

    private @Nullable Instant from() {
        if (streamFrom.equals(TRIM_HORIZON)) {
            return null;
        }
        try {
            Instant time = OffsetDateTime.parse(streamFrom).toInstant();
            if (time.isAfter(Instant.now())) {
                throw new ParameterException(spec().commandLine(), "--stream-from " + streamFrom + " is in the future");
            }
            return time;
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec().commandLine(),
                    "--stream-from is '" + streamFrom + "': write trim-horizon, or a time with its zone such as"
                            + " 2026-01-02T10:00:00Z",
                    e);
        }
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(List.of(table));
    }

    @Override
    int work(PinnedDataSource database) throws SQLException {
        AttachCommand.requireTables(new TableNames(database), List.of(table));
        SourceDatabase source = new SourceDatabase(database, table, trust);
        try {
            SourceTable found = source.table();
            String stream = found.stream() == null ? reader().streamIfGiven() : found.stream();
            if (stream == null) {
                throw new Fault(
                        ExitCode.USAGE,
                        "set " + PollerSettings.STREAM + ": " + table + " is sent to the pollers' own stream");
            }
            try (Sink sink = new Sink(report, table, stream);
                    KinesisClient kinesis = StreamClient.open(stream, settingsOfReads(), 1)) {
                return reconcile(source, found, stream, kinesis, sink);
            }
        } catch (TableUnfit e) {
            throw new Fault(ExitCode.REFUSED, String.valueOf(e.getMessage()), e);
        } catch (StreamUnreadable | StreamUnusable e) {
            throw new Fault(ExitCode.STREAM, String.valueOf(e.getMessage()), e);
        }
    }

    /** An answer may have 10 MiB. */
    private static PublishSettings settingsOfReads() {
        return new PublishSettings(
                PollerSettings.builder().build(),
                RequestLimits.ofTheService(),
                Duration.ofMinutes(1),
                Duration.ZERO,
                Duration.ZERO,
                RetryDelays.defaults());
    }

    private int reconcile(SourceDatabase source, SourceTable found, String stream, KinesisClient kinesis, Sink sink)
            throws SQLException {
        Instant keptSince = StreamCheck.describe(kinesis, stream) instanceof StreamCheck.Known known
                ? keptSince(known.summary(), Instant.now())
                : null;
        ReconcileOptions options = new ReconcileOptions(
                stream,
                from,
                keptSince,
                reader().serverNameIfGiven(),
                !noMarker,
                waits,
                ReadPace.besideOthers(),
                report == null ? 0 : ROWS_IN_REPORT);
        Reconciled result = new Reconciliation(source, found, kinesis, options, sink, new Telling()).run();
        ReconcileText.lines(found.name(), stream, result).forEach(out()::println);
        sink.end(result);
        boolean open = result.count(Count.NOT_SEEN) + result.count(Count.HELD) + result.count(Count.NOT_CAPTURED) > 0;
        return result.equal() && !(complete && open) ? ExitCode.DONE : ExitCode.NOT_WELL;
    }

    private static Instant keptSince(StreamDescriptionSummary stream, Instant now) {
        Instant horizon = now.minus(Duration.ofHours(Objects.requireNonNullElse(stream.retentionPeriodHours(), 24)));
        Instant created = stream.streamCreationTimestamp();
        return created != null && created.isAfter(horizon) ? created : horizon;
    }

    /** Prints how far it has come, now and then. */
    private final class Telling implements Consumer<Supplier<String>> {

        private long next = System.nanoTime() + TimeUnit.SECONDS.toNanos(TELL_SECONDS);

        @Override
        public void accept(Supplier<String> line) {
            long now = System.nanoTime();
            if (now - next >= 0) {
                next = now + TimeUnit.SECONDS.toNanos(TELL_SECONDS);
                err().println("leat: " + line.get());
                err().flush();
            }
        }
    }

    /** Takes the differences: all into the report, and some to be shown. */
    private final class Sink implements Consumer<Difference>, AutoCloseable {

        private final @Nullable ReconcileReport file;
        private long count;

        Sink(@Nullable Path path, String of, String stream) {
            try {
                file = path == null ? null : ReconcileReport.begin(path, of, stream);
            } catch (IOException e) {
                throw unwritable(e);
            }
        }

        @Override
        public void accept(Difference difference) {
            if (count++ < SHOWN) {
                out().println(ReconcileText.line(difference));
            }
            if (file != null) {
                try {
                    file.add(difference);
                } catch (UncheckedIOException e) {
                    throw unwritable(e.getCause());
                }
            }
        }

        void end(Reconciled result) {
            if (count > SHOWN && file == null) {
                out().println((count - SHOWN) + " more differences: --report <file> writes all of them");
            }
            if (file != null) {
                try {
                    file.end(result);
                } catch (IOException e) {
                    throw unwritable(e);
                }
            }
        }

        private Fault unwritable(@Nullable IOException e) {
            String why = e instanceof NoSuchFileException
                    ? "its directory does not exist"
                    : e instanceof AccessDeniedException
                            ? "this user may not write it"
                            : String.valueOf(e == null ? "" : e.getMessage());
            return new Fault(ExitCode.USAGE, "the report " + report + " cannot be written: " + why);
        }

        @Override
        public void close() {
            if (file != null) {
                try {
                    file.close();
                } catch (IOException e) {
                    throw unwritable(e);
                }
            }
        }
    }
}
