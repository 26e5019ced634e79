package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.admin.MissingRight;
import dev.leat.app.connection.DatabaseFaults;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.connection.Pools;
import dev.leat.config.Settings;
import dev.leat.config.SettingsReader;
import dev.leat.database.PinnedDataSource;
import dev.leat.observe.Causes;
import dev.leat.schema.Migrations;
import dev.leat.schema.SchemaState;
import dev.leat.settings.InvalidSettings;
import dev.leat.settings.Setting;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that speaks with the database: opens it, and turns its refusals into faults. */
abstract class DatabaseCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    private final ProcessEnvironment process;

    DatabaseCommand(ProcessEnvironment process) {
        this.process = process;
    }

    /** Who gives what the role lacks for this command. */
    String advice(MissingRight missing) {
        return missing.toPoll();
    }

    /** What the command does. Refusals of the database may pass through it. */
    abstract int work(PinnedDataSource database) throws SQLException;

    /** Whether the command needs the schema as this version knows it. */
    boolean needsSchema() {
        return true;
    }

    @Override
    public Integer call() {
        return inDatabase(reader().database());
    }

    private int inDatabase(Settings.Database settings) {
        return translating(settings, () -> {
            try (HikariDataSource pool = Pools.open(settings, "leat " + spec().name(), 2, Duration.ZERO)) {
                PinnedDataSource database = PinnedDataSource.of(pool);
                return permitted(database, () -> {
                    if (needsSchema()) {
                        requireSchema(database);
                    }
                    return work(database);
                });
            }
        });
    }

    /** Says of a missing right who gives it. */
    int permitted(PinnedDataSource database, Attempt attempt) throws SQLException {
        try {
            return attempt.run();
        } catch (SQLException | RuntimeException e) {
            SQLException refusal = DatabaseFaults.behind(e);
            if (e instanceof Fault || refusal == null || !DatabaseFaults.MISSING_RIGHT.equals(refusal.getSQLState())) {
                throw e;
            }
            throw DatabaseFaults.missingRight(refusal, advice(new MissingRight(database)));
        }
    }

    /** Something that the database may refuse. */
    interface Attempt {
        int run() throws SQLException;
    }

    static int translating(Settings.Database settings, Attempt attempt) {
        try {
            return attempt.run();
        } catch (SQLException e) {
            throw DatabaseFaults.of(e, settings);
        } catch (Fault | InvalidSettings e) {
            throw e;
        } catch (RuntimeException e) {
            throw translated(e, settings);
        }
    }

    /** jOOQ and Flyway wrap what the driver says. */
    private static RuntimeException translated(RuntimeException thrown, Settings.Database settings) {
        SQLException refusal = DatabaseFaults.behind(thrown);
        if (refusal != null) {
            return DatabaseFaults.of(refusal, settings);
        }
        if (thrown instanceof FlywayException) {
            return new Fault(ExitCode.SCHEMA, "the schema cannot be migrated: " + Causes.line(thrown), thrown);
        }
        return thrown;
    }

    static void requireSchema(PinnedDataSource database) {
        SchemaState state = Migrations.state(database);
        if (!state.usable()) {
            throw new Fault(ExitCode.SCHEMA, state.advice());
        }
    }

    /** The settings that the command takes besides the database's. */
    List<Setting<?>> settings() {
        return List.of();
    }

    /** The command with an option for each of its settings. */
    static CommandLine line(DatabaseCommand command) {
        CommandLine line = new CommandLine(command);
        Settings.OF_THE_DATABASE.forEach(setting -> line.getCommandSpec().addOption(Options.of(setting)));
        command.settings().forEach(setting -> line.getCommandSpec().addOption(Options.of(setting)));
        return line;
    }

    SettingsReader reader() {
        Map<String, String> given = new HashMap<>();
        Stream.concat(Settings.OF_THE_DATABASE.stream(), settings().stream()).forEach(setting -> {
            String value = given(setting);
            if (value != null) {
                given.put(setting.option(), value);
            }
        });
        process.secrets().add(given.getOrDefault(Settings.DATABASE_PASSWORD.option(), ""));
        return new SettingsReader(given, process.environment());
    }

    /** What the command line gives for a setting. */
    @Nullable
    String given(Setting<?> setting) {
        return spec().commandLine().getParseResult().matchedOptionValue(setting.option(), (String) null);
    }

    ProcessEnvironment process() {
        return process;
    }

    CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("the command runs without picocli");
        }
        return spec;
    }

    PrintWriter out() {
        return spec().commandLine().getOut();
    }

    PrintWriter err() {
        return spec().commandLine().getErr();
    }
}
