package dev.leat.app;

import dev.leat.PollerSettings;
import dev.leat.admin.Attachments;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.connection.StreamClient;
import dev.leat.app.output.StreamText;
import dev.leat.database.PinnedDataSource;
import dev.leat.doctor.Finding;
import dev.leat.doctor.Finding.Level;
import dev.leat.doctor.Inspection;
import dev.leat.kinesis.PublishSettings;
import dev.leat.poller.StreamCheck;
import dev.leat.poller.StreamUnusable;
import dev.leat.settings.Setting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import software.amazon.awssdk.services.kinesis.KinesisClient;

@Command(
        name = "doctor",
        description = "Checks everything that publishing needs, and advises on each fault. Changes nothing.")
final class DoctorCommand extends DatabaseCommand {

    @Option(names = "--no-streams", description = "Check the database only.")
    private boolean noStreams;

    DoctorCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    List<Setting<?>> settings() {
        return List.of(PollerSettings.STREAM);
    }

    @Override
    public Integer call() {
        if (noStreams && given(PollerSettings.STREAM) != null) {
            throw new ParameterException(spec().commandLine(), "--stream and --no-streams exclude each other");
        }
        return super.call();
    }

    @Override
    boolean needsSchema() {
        return false;
    }

    @Override
    int work(PinnedDataSource database) {
        @Nullable String given = reader().streamIfGiven();
        List<Finding> findings = new ArrayList<>(new Inspection(database, Instant::now).findings());
        boolean readable = findings.stream()
                .noneMatch(finding -> finding.level() == Level.FAIL
                        && Set.of("schema", "rights").contains(finding.subject()));
        if (!noStreams) {
            streams(findings, given, readable ? new Attachments(database).streams() : List.of());
        }
        findings.forEach(this::print);
        return findings.stream().anyMatch(finding -> finding.level() == Level.FAIL) ? ExitCode.NOT_WELL : ExitCode.DONE;
    }

    private static void streams(List<Finding> findings, @Nullable String given, List<String> ofTables) {
        Set<String> streams = new LinkedHashSet<>();
        if (given == null) {
            findings.add(Finding.fail(
                    "stream", "no default stream is set, but run needs one", "set " + PollerSettings.STREAM));
        } else {
            streams.add(given);
        }
        streams.addAll(ofTables);
        if (streams.isEmpty()) {
            return;
        }
        try (KinesisClient kinesis = StreamClient.open(streams.iterator().next(), PublishSettings.defaults(), 1)) {
            streams.forEach(each -> findings.add(stream(kinesis, each)));
        } catch (Fault fault) {
            findings.add(Finding.fail("aws", fault.lines().get(0), ""));
        }
    }

    private static Finding stream(KinesisClient kinesis, String stream) {
        String subject = "stream " + stream;
        try {
            StreamCheck.Described described = StreamCheck.describe(kinesis, stream);
            if (described instanceof StreamCheck.Known known) {
                return Finding.ok(subject, StreamText.of(known.summary()) + " " + StreamCheck.place(kinesis));
            }
            return Finding.warn(
                    subject,
                    described instanceof StreamCheck.Withheld withheld ? withheld.why() : "",
                    "allow kinesis:DescribeStreamSummary, so that Leat knows the stream's limits");
        } catch (StreamUnusable e) {
            return Finding.fail(subject, String.valueOf(e.getMessage()), "");
        }
    }

    private void print(Finding finding) {
        out().println(String.format(Locale.ROOT, "%-4s  %s: %s", finding.level(), finding.subject(), finding.text()));
        if (!finding.advice().isEmpty()) {
            out().println("      -> " + finding.advice());
        }
    }
}
