package dev.leat.app;

import dev.leat.database.PinnedDataSource;
import dev.leat.upkeep.Attachments;
import dev.leat.upkeep.MissingRight;
import dev.leat.upkeep.TableNames;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "detach",
        description =
                "Captures the changes of a table no more. What was captured stays in the outbox and is published.")
final class DetachCommand extends DatabaseCommand {

    @Parameters(arity = "1..*", paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
    private List<String> tables = List.of();

    DetachCommand(World world) {
        super(world);
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(tables);
    }

    @Override
    int work(PinnedDataSource database) {
        AttachCommand.requireTables(new TableNames(database), tables);
        Attachments attachments = new Attachments(database);
        for (String table : tables) {
            attachments.detach(table);
            out().println(table + ": detached");
        }
        return ExitCode.DONE;
    }
}
