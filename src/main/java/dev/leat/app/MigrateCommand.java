package dev.leat.app;

import dev.leat.admin.MissingRight;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.database.PinnedDataSource;
import dev.leat.schema.MigrationLocked;
import dev.leat.schema.Migrations;
import dev.leat.schema.SchemaNotOurs;
import dev.leat.schema.SchemaState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Command;

@Command(
        name = "migrate",
        description = "Creates the schema leat, or brings it up to this version. The role that logs in will own it.")
final class MigrateCommand extends DatabaseCommand {

    MigrateCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    boolean needsSchema() {
        return false;
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toMigrate();
    }

    @Override
    int work(PinnedDataSource database) {
        SchemaState state = Migrations.state(database);
        if (state instanceof SchemaState.Present present && present.later() && !present.usable()) {
            throw new Fault(ExitCode.SCHEMA, state.advice());
        }
        List<String> remarks = new ArrayList<>();
        int scripts = migrated(database, remarks::add);
        remarks.forEach(out()::println);
        out().println(
                        scripts == 0
                                ? "the schema leat is up to date"
                                : "the schema leat is migrated: " + scripts + " scripts ran");
        return ExitCode.DONE;
    }

    private static int migrated(PinnedDataSource database, Consumer<String> told) {
        try {
            return Migrations.migrate(database, told);
        } catch (SchemaNotOurs e) {
            throw new Fault(ExitCode.SCHEMA, e.lines());
        } catch (MigrationLocked e) {
            throw new Fault(ExitCode.REFUSED, String.valueOf(e.getMessage()), e);
        }
    }
}
