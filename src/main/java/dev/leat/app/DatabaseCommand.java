package dev.leat.app;

import com.zaxxer.hikari.HikariDataSource;
import dev.leat.config.InvalidSettings;
import dev.leat.config.Setting;
import dev.leat.config.Settings;
import dev.leat.config.SettingsReader;
import dev.leat.database.PinnedDataSource;
import dev.leat.observe.Causes;
import dev.leat.upkeep.Migrations;
import dev.leat.upkeep.MissingRight;
import dev.leat.upkeep.SchemaState;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that speaks with the database: opens it, and turns its refusals into faults. */
abstract class DatabaseCommand implements Callable<Integer> {

    @Mixin
    private @Nullable DatabaseOptions databaseOptions;

    @Spec
    private @Nullable CommandSpec spec;

    private final World world;

    DatabaseCommand(World world) {
        this.world = world;
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

    SettingsReader reader() {
        Map<Setting, String> given = new EnumMap<>(Setting.class);
        if (databaseOptions != null) {
            databaseOptions.into(given, world.secrets());
        }
        moreOptions(given);
        return new SettingsReader(given, world.environment());
    }

    /** For commands with further options. */
    void moreOptions(Map<Setting, String> given) {}

    World world() {
        return world;
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
