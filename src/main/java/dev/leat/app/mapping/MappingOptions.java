package dev.leat.app.mapping;

import dev.leat.config.TablesFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code leat attach} that are about table mappings. */
public final class MappingOptions {

    @Option(
            names = "--dms-mappings",
            paramLabel = "<file>",
            description = "Table mappings of AWS DMS that say what to attach, instead of a table and options.")
    private @Nullable Path file;

    @Option(
            names = "--dms-settings",
            paramLabel = "<file>",
            description =
                    "With --dms-mappings: the settings of DMS's Kinesis endpoint, by which the tables get the format dms.")
    private @Nullable Path settings;

    @Option(
            names = "--dms-migration-type",
            paramLabel = "<type>",
            description =
                    "With --dms-mappings: cdc attaches the tables (the default); full-load-and-cdc also loads the rows of those"
                            + " that were not attached before.")
    private @Nullable String migrationType;

    @Option(
            names = "--dry-run",
            description = "With --dms-mappings: show what would happen and why, and change nothing.")
    private boolean dryRun;

    @Option(names = "--json", description = "With --dry-run: as JSON.")
    private boolean json;

    @Option(
            names = "--skip-unsupported",
            description = "With --dms-mappings: list what is not supported, and apply the rest.")
    private boolean skipUnsupported;

    /** Takes what a file of attachments says, whose paths begin in its directory. */
    public void take(Path declared, TablesFile.DmsTask task) {
        file = declared.resolveSibling(task.mappings());
        settings = task.settings() == null ? settings : declared.resolveSibling(task.settings());
        migrationType = task.migrationType() == null ? migrationType : task.migrationType();
    }

    /** Null: no table mappings are given. */
    public @Nullable Path file() {
        return file;
    }

    /** Null: no settings are given, and the tables have the poller's format. */
    public @Nullable Path settings() {
        return settings;
    }

    /** Whether tables that were not attached before are loaded. */
    boolean loads() {
        return "full-load-and-cdc".equals(migrationType);
    }

    boolean dryRun() {
        return dryRun;
    }

    boolean json() {
        return json;
    }

    boolean skipUnsupported() {
        return skipUnsupported;
    }

    /**
     * What is wrong with the options; null: nothing.
     *
     * @param otherSource whether a table, a file of tables, or what goes with it is given too
     * @param tableOptions whether options of a table are given
     * @param format whether a format is given
     */
    public @Nullable String misuse(boolean otherSource, boolean tableOptions, boolean format) {
        if (file == null) {
            return dryRun || json || skipUnsupported || settings != null || migrationType != null
                    ? "--dms-settings, --dms-migration-type, --dry-run, --json and --skip-unsupported go with --dms-mappings"
                    : null;
        }
        if ("full-load".equals(migrationType)) {
            return "--dms-migration-type full-load captures no changes: take full-load-and-cdc, and detach the tables when the loads are"
                    + " finished; or load tables that are not attached by leat load --only <table>";
        }
        if (migrationType != null && !loads() && !migrationType.equals("cdc")) {
            return "--dms-migration-type is \"" + migrationType + "\": it is cdc or full-load-and-cdc";
        }
        if (otherSource) {
            return "--dms-mappings excludes a table, --file and --detach-others";
        }
        if (tableOptions) {
            return "with --dms-mappings, the rules of the file take the place of the options of a table";
        }
        if (settings != null && format) {
            return "--dms-settings and --format exclude each other: the settings are those of the format dms";
        }
        return json && !dryRun ? "--json goes with --dry-run" : null;
    }
}
