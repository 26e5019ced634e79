package dev.leat.app;

import dev.leat.admin.Attachments;
import dev.leat.admin.MissingRight;
import dev.leat.admin.TableNames;
import dev.leat.app.connection.DatabaseFaults;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.database.PinnedDataSource;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "detach",
        description = "Stops capturing the changes of a table. Captured events stay in the outbox and are published.")
final class DetachCommand extends DatabaseCommand {

    /** SQLSTATEs of a name of which no table is attached, and of a text that is no name without quotes. */
    private static final Set<String> NOT_ATTACHED = Set.of("42704", "22023");

    @Parameters(arity = "1..*", paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
    private List<String> tables = List.of();

    DetachCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(tables);
    }

    @Override
    int work(PinnedDataSource database) {
        TableNames names = new TableNames(database);
        Map<String, List<String>> unknown = names.unknown(tables);
        AttachCommand.requireSchemas(names, tables, unknown);
        Attachments attachments = new Attachments(database);
        for (String table : tables) {
            detach(attachments, table, unknown.getOrDefault(table, List.of()));
            out().println(table + ": detached");
        }
        return ExitCode.DONE;
    }

    /** A table that was dropped does not exist, but can be detached. */
    private static void detach(Attachments attachments, String table, List<String> meant) {
        try {
            attachments.detach(table);
        } catch (RuntimeException e) {
            SQLException refusal = DatabaseFaults.behind(e);
            if (!meant.isEmpty() && refusal != null && NOT_ATTACHED.contains(refusal.getSQLState())) {
                throw new Fault(ExitCode.REFUSED, AttachCommand.absent(table, meant), e);
            }
            throw e;
        }
    }
}
