package dev.leat.app;

import dev.leat.admin.MissingRight;
import dev.leat.admin.Replays;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.connection.StreamClient;
import dev.leat.app.output.ReplayText;
import dev.leat.app.output.WaitOption;
import dev.leat.database.PinnedDataSource;
import dev.leat.kinesis.PublishSettings;
import dev.leat.poller.StreamCheck;
import dev.leat.poller.StreamUnusable;
import dev.leat.status.ReplayReader;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import software.amazon.awssdk.services.kinesis.KinesisClient;

@Command(
        name = "replay",
        description =
                "Sends kept events again (leat run --retain), in their order and under their ids. The pollers that run do it,"
                        + " beside new events.")
final class ReplayCommand extends DatabaseCommand {

    @Option(
            names = "--table",
            split = ",",
            paramLabel = "<table>",
            description = "Only events of these tables, as SQL writes them, such as public.orders.")
    private List<String> tables = List.of();

    @Option(
            names = "--key",
            paramLabel = "<partition-key>",
            description = "Only events of this partition key, such as public.orders.42.")
    private @Nullable String key;

    @Option(
            names = "--from",
            paramLabel = "<time>",
            description = "Only events that were captured then or later, such as 2026-01-02T10:00Z.")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "<time>", description = "Only events that were captured before.")
    private @Nullable String to;

    @Option(names = "--stream", paramLabel = "<stream>", description = "Name or ARN; default: that of each event.")
    private @Nullable String stream;

    @Option(names = "--dry-run", description = "Only say how many events it would send.")
    private boolean dryRun;

    @Mixin
    private WaitOption wait = new WaitOption();

    ReplayCommand(ProcessEnvironment process) {
        super(process);
    }

    /** The command with the one that cancels a replay. */
    static CommandLine line(ProcessEnvironment process) {
        return DatabaseCommand.line(new ReplayCommand(process))
                .addSubcommand(DatabaseCommand.line(new Cancel(process)));
    }

    @Override
    public Integer call() {
        @Nullable Instant since = time("--from", from);
        @Nullable Instant until = time("--to", to);
        if (since != null && until != null && !since.isBefore(until)) {
            throw new ParameterException(spec().commandLine(), "--from must be before --to");
        }
        if (dryRun && wait.given()) {
            throw new ParameterException(
                    spec().commandLine(), "--dry-run and --wait exclude each other: a dry run sends nothing");
        }
        return super.call();
    }

    private @Nullable Instant time(String option, @Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec().commandLine(),
                    option + " is no time with its offset: '" + text
                            + "'; write 2026-01-02T10:00Z, or 2026-01-02T12:00+02:00",
                    e);
        }
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(tables);
    }

    @Override
    int work(PinnedDataSource database) {
        Replays replays = new Replays(database);
        Replays.Selection selection =
                new Replays.Selection(tables, key, time("--from", from), time("--to", to), stream);
        if (stream != null && !dryRun) {
            // Before anything is registered: events for a stream that does not exist would be tried for ever.
            requireStream(replays, selection, stream);
        }
        Replays.Selected selected = replays.replay(selection, dryRun);
        Integer number = selected.number();
        if (selected.events() == 0) {
            out().println("no kept event is among them: nothing is sent again");
        } else if (number == null) {
            out().println(count(selected) + " would be sent again" + captured(selected));
        } else {
            out().println("replay " + number + ": " + count(selected) + " to be sent again" + captured(selected));
            out().flush();
            ReplayReader reader = new ReplayReader(database);
            return wait.given()
                    ? wait.await(database, () -> progress(reader, number), "nothing is sent", out(), err())
                    : ExitCode.DONE;
        }
        return ExitCode.DONE;
    }

    private static String count(Replays.Selected selected) {
        return selected.events() + (selected.events() == 1 ? " event" : " events");
    }

    private static String captured(Replays.Selected selected) {
        return ", captured from " + selected.first() + " to " + selected.last();
    }

    private static void requireStream(Replays replays, Replays.Selection selection, String stream) {
        // What the database declines, a name that is none too, it says better.
        replays.replay(selection, true);
        try (KinesisClient kinesis = StreamClient.open(stream, PublishSettings.defaults(), 1)) {
            StreamCheck.describe(kinesis, stream);
        } catch (StreamUnusable e) {
            throw new Fault(ExitCode.STREAM, String.valueOf(e.getMessage()), e);
        }
    }

    private static List<WaitOption.Awaited> progress(ReplayReader reader, int number) {
        return reader.read(number).stream()
                .map(replay -> new WaitOption.Awaited(
                        number,
                        replay.underWay(),
                        replay.state().equals("finished") && replay.refused() == 0,
                        replay.percent(),
                        ReplayText.line(replay)))
                .toList();
    }

    /** Ends the replay that is running. */
    @Command(name = "cancel", description = "Ends the replay that is running. What it has not sent yet is not sent.")
    static final class Cancel extends DatabaseCommand {

        Cancel(ProcessEnvironment process) {
            super(process);
        }

        @Override
        String advice(MissingRight missing) {
            return missing.toAttach(List.of());
        }

        @Override
        int work(PinnedDataSource database) {
            out().println("replay " + new Replays(database).cancel() + ": cancelled");
            return ExitCode.DONE;
        }
    }
}
