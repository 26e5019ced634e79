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

/** A command that uses the database: connects, and translates errors of the database into faults. */
abstract class DatabaseCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    private final ProcessEnvironment process;

    DatabaseCommand(ProcessEnvironment process) {
        this.process = process;
    }

    /** Advice on who grants a right that the role lacks for this command. */
    String advice(MissingRight missing) {
        return missing.toPoll();
    }

    /** Does the work. It may throw errors of the database. */
    abstract int work(PinnedDataSource database) throws SQLException;

    /** Whether the command needs the schema in a version that this Leat can use. */
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

    /** Adds advice to the error of a missing right. */
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

    /** Work that may throw errors of the database. */
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

    /** Finds the driver's exception, which jOOQ and Flyway wrap. */
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

    /** The settings of the command besides those of the database. */
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

    /** The value of a setting on the command line. */
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
