package dev.leat.app;

import dev.leat.admin.Quarantine;
import dev.leat.app.connection.DatabaseFaults;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.output.Json;
import dev.leat.database.PinnedDataSource;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code quarantine retry} and {@code quarantine discard}: selects events and reports the result. */
abstract class QuarantineDecideCommand extends DatabaseCommand {

    @Parameters(arity = "0..*", paramLabel = "<id>", description = "Ids of events, as quarantine list shows them.")
    private List<Long> ids = List.of();

    @Option(names = "--key", paramLabel = "<key>", description = "All quarantined events of this partition key.")
    private @Nullable String key;

    @Option(names = "--all", description = "All quarantined events.")
    private boolean all;

    @Option(names = "--json", description = "For programs; the fields are documented in docs/operations.md.")
    private boolean json;

    private final String done;

    /**
     * @param done the word for the result, such as retried
     */
    private QuarantineDecideCommand(ProcessEnvironment process, String done) {
        super(process);
        this.done = done;
    }

    abstract int decide(Quarantine quarantine, long id);

    @Override
    public Integer call() {
        int ways = (ids.isEmpty() ? 0 : 1) + (key == null ? 0 : 1) + (all ? 1 : 0);
        if (ways == 0) {
            throw new ParameterException(spec().commandLine(), "select events by ids, --key or --all");
        }
        if (ways > 1) {
            throw new ParameterException(
                    spec().commandLine(), "ids, --key and --all exclude each other: select events by one of them");
        }
        return super.call();
    }

    @Override
    int work(PinnedDataSource database) {
        Quarantine quarantine = new Quarantine(database);
        // In order, so that earlier events of a key come first.
        List<Long> chosen = ids.isEmpty()
                ? quarantine.undecided(key)
                : ids.stream().sorted().distinct().toList();
        List<Long> decided = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        int released = 0;
        for (long id : chosen) {
            try {
                released += decide(quarantine, id);
                decided.add(id);
            } catch (RuntimeException e) {
                refused.add(refusal(e));
            }
        }
        tell(decided, released);
        if (!refused.isEmpty()) {
            throw new Fault(ExitCode.REFUSED, refused);
        }
        return ExitCode.DONE;
    }

    private static String refusal(RuntimeException e) {
        SQLException refusal = DatabaseFaults.behind(e);
        if (refusal == null) {
            throw e;
        }
        Fault fault = DatabaseFaults.of(refusal, null);
        if (fault.exitCode() != ExitCode.REFUSED) {
            throw e;
        }
        return fault.lines().get(0);
    }

    private void tell(List<Long> decided, int released) {
        if (json) {
            Json.print(out(), document -> {
                document.writeStartObject();
                document.writeArrayFieldStart("decided");
                for (long id : decided) {
                    document.writeNumber(id);
                }
                document.writeEndArray();
                document.writeNumberField("released", released);
                document.writeEndObject();
            });
        } else {
            out().println(decided.size() + " events " + done + ", " + released + " released to be sent");
        }
    }

    @Command(
            name = "retry",
            description = "Sends events again, and the later events of their keys that waited for them.")
    static final class Retry extends QuarantineDecideCommand {

        Retry(ProcessEnvironment process) {
            super(process, "retried");
        }

        @Override
        int decide(Quarantine quarantine, long id) {
            return quarantine.retry(id);
        }
    }

    @Command(
            name = "discard",
            description =
                    "Discards events: they are never sent, but stay listed. Later events that waited for them are sent.")
    static final class Discard extends QuarantineDecideCommand {

        Discard(ProcessEnvironment process) {
            super(process, "discarded");
        }

        @Override
        int decide(Quarantine quarantine, long id) {
            return quarantine.discard(id);
        }
    }
}
