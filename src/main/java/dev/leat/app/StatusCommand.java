package dev.leat.app;

import dev.leat.app.connection.ExitCode;
import dev.leat.app.output.StatusJson;
import dev.leat.app.output.StatusText;
import dev.leat.database.PinnedDataSource;
import dev.leat.status.Status;
import dev.leat.status.StatusReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description = "Shows what was published and what waits, the pollers and their lanes, and the quarantine.")
final class StatusCommand extends DatabaseCommand {

    @Option(names = "--json", description = "For programs; the fields are documented in docs/operations.md.")
    private boolean json;

    StatusCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    int work(PinnedDataSource database) {
        Status status = new StatusReader(database).read();
        if (json) {
            StatusJson.print(out(), status);
        } else {
            StatusText.lines(status).forEach(out()::println);
        }
        return ExitCode.DONE;
    }
}
