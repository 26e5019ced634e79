package dev.leat.app;

import dev.leat.upkeep.Migrations;
import dev.leat.upkeep.SchemaState;
import javax.sql.DataSource;
import picocli.CommandLine.Command;

@Command(
        name = "migrate",
        description = "Creates the schema leat, or brings it up to this version. The role that logs in will own it.")
final class MigrateCommand extends DatabaseCommand {

    MigrateCommand(World world) {
        super(world);
    }

    @Override
    boolean needsSchema() {
        return false;
    }

    @Override
    int work(DataSource database) {
        SchemaState state = Migrations.state(database);
        if (state instanceof SchemaState.Newer) {
            throw new Fault(ExitCode.SCHEMA, state.advice());
        }
        int scripts = Migrations.migrate(database);
        out().println(
                        scripts == 0
                                ? "the schema leat is up to date"
                                : "the schema leat is migrated: " + scripts + " scripts ran");
        return ExitCode.DONE;
    }
}
