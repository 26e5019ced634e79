package dev.leat.app;

import dev.leat.admin.Attachments;
import dev.leat.admin.Attachments.Attached;
import dev.leat.admin.Loads;
import dev.leat.admin.MissingRight;
import dev.leat.admin.TableNames;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.app.mapping.MappingOptions;
import dev.leat.app.mapping.MappingRun;
import dev.leat.config.Attachment;
import dev.leat.config.TablesFile;
import dev.leat.config.TablesFile.Declaration;
import dev.leat.config.TablesFile.Declared;
import dev.leat.config.TablesFile.DmsTask;
import dev.leat.database.PinnedDataSource;
import dev.leat.dms.file.MappingFile;
import dev.leat.dms.file.SettingsFile;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "attach",
        description =
                "Captures the changes of a table from now on. An option that is left out has its default: attaching again"
                        + " with other options changes the table's, with the same changes nothing.")
final class AttachCommand extends DatabaseCommand {

    @Parameters(arity = "0..1", paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
    private @Nullable String table;

    @Option(
            names = "--key",
            split = ",",
            paramLabel = "<column>",
            description = "Columns of the partition key; default: the primary key.")
    private List<String> key = List.of();

    @Option(
            names = "--exclude",
            split = ",",
            paramLabel = "<column>",
            description = "Columns that never leave the database.")
    private List<String> exclude = List.of();

    @Option(
            names = "--mask",
            split = ",",
            paramLabel = "<column>",
            description = "Columns of which only *** leaves; with =hash, =digits or =random-digits, another mask.")
    private List<String> mask = List.of();

    @Option(
            names = "--rename",
            split = ",",
            paramLabel = "<column=name>",
            description = "Columns that consumers see under another name.")
    private List<String> rename = List.of();

    @Option(names = "--rename-schema", paramLabel = "<name>", description = "The schema's name that consumers see.")
    private @Nullable String renameSchema;

    @Option(names = "--rename-table", paramLabel = "<name>", description = "The table's name that consumers see.")
    private @Nullable String renameTable;

    @Option(names = "--no-before", description = "Updates and deletes carry no old row.")
    private boolean noBefore;

    @Option(
            names = "--operations",
            split = ",",
            paramLabel = "<operation>",
            description = "Some of insert, update, delete, truncate; default: all.")
    private List<String> operations = List.of();

    @Option(names = "--stream", paramLabel = "<stream>", description = "Name or ARN; default: the poller's.")
    private @Nullable String stream;

    @Option(
            names = "--format",
            paramLabel = "<format>",
            description = "What a record holds: debezium, cloudevents, trigger or dms; default: the poller's.")
    private @Nullable String format;

    @Option(
            names = "--on-quarantine",
            paramLabel = "<wait|pass>",
            description =
                    "When an event cannot be sent, later events of its key wait for a person (the default), or pass it.")
    private @Nullable String onQuarantine;

    @Option(
            names = "--capture",
            paramLabel = "<row|statement>",
            description =
                    "Capture each row by itself (the default), or all rows of a statement at once: less for bulk changes,"
                            + " more for single rows.")
    private @Nullable String capture;

    @Option(
            names = "--without-key",
            paramLabel = "<unique|whole-row|table>",
            description =
                    "The key of a table without a primary key: the columns of a unique index, a hash of all columns, or none:"
                            + " the whole table has one order. Default: such a table is refused.")
    private @Nullable String withoutKey;

    @Option(
            names = "--event-router",
            arity = "0..1",
            split = ",",
            fallbackValue = "",
            paramLabel = "<column>",
            description =
                    "The table is an outbox: each inserted row is a domain event. Columns with other names: id=, route=, key=,"
                            + " type=, payload=, tracing=; delete: remove each captured row.")
    private @Nullable List<String> eventRouter;

    @Option(names = "--load", description = "Load the rows that the table has already, too (see leat load).")
    private boolean load;

    @Option(
            names = "--file",
            paramLabel = "<file>",
            description = "A YAML file that declares all attachments, instead of a table and options.")
    private @Nullable Path file;

    @Option(names = "--detach-others", description = "With --file: detach the tables that it does not name.")
    private boolean detachOthers;

    @Mixin
    private MappingOptions dms = new MappingOptions();

    private List<Declaration> declarations = List.of();
    private @Nullable MappingRun mapping;

    AttachCommand(ProcessEnvironment process) {
        super(process);
    }

    @Override
    public Integer call() {
        boolean options = tableOptions();
        // What the file of table mappings does not say may be given beside it.
        boolean beside = stream != null || format != null;
        // A file is read only if nothing else that is given is in its way.
        boolean alone = table == null && dms.file() == null && !options && !load;
        Declared declared = file == null || !alone ? new Declared(List.of(), null) : declared(file);
        DmsTask task = declared.task();
        if (file != null && task != null) {
            dms.take(file, task);
        }
        boolean otherSource = table != null || file != null && task == null || detachOthers;
        String misuse = dms.misuse(otherSource, options || load, format != null);
        if (misuse != null) {
            throw new ParameterException(spec().commandLine(), misuse);
        }
        Path mappings = dms.file();
        if (mappings != null) {
            Path settings = dms.settings();
            mapping = new MappingRun(
                    MappingFile.read(mappings.toString(), text(mappings)),
                    settings == null ? null : SettingsFile.read(settings.toString(), text(settings)),
                    new MappingRun.Beside(stream, format),
                    dms,
                    out(),
                    err());
            return super.call();
        }
        options |= beside;
        if (table == null
                && eventRouter != null
                && eventRouter.stream().anyMatch(each -> !each.isEmpty() && each.indexOf('=') < 0)) {
            throw new ParameterException(
                    spec().commandLine(), "name the table before --event-router, which may have a value of its own");
        }
        if (load && eventRouter != null) {
            throw new ParameterException(
                    spec().commandLine(),
                    "--load and --event-router exclude each other: the rows of an outbox table are events, which are captured"
                            + " when they are inserted");
        }
        if (table == null && file == null) {
            throw new ParameterException(
                    spec().commandLine(), "name a table, or a --file or --dms-mappings that declare them");
        }
        if (table != null && file != null) {
            throw new ParameterException(
                    spec().commandLine(), "a table and --file exclude each other: declare the table in the file");
        }
        if (file != null && options) {
            throw new ParameterException(
                    spec().commandLine(), "with --file, write the options of a table into the file");
        }
        if (file != null && load) {
            throw new ParameterException(
                    spec().commandLine(),
                    "--load goes with a table: load those of a file by leat load <table> <table>");
        }
        if (file == null && detachOthers) {
            throw new ParameterException(spec().commandLine(), "--detach-others goes with --file");
        }
        declarations =
                file == null ? List.of(new Declaration(1, attachment(String.valueOf(table)))) : declared.tables();
        return super.call();
    }

    private boolean tableOptions() {
        return !(key.isEmpty() && exclude.isEmpty() && mask.isEmpty() && operations.isEmpty() && rename.isEmpty())
                || noBefore
                || onQuarantine != null
                || capture != null
                || eventRouter != null
                || withoutKey != null
                || renameSchema != null
                || renameTable != null;
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(mapping == null ? tables() : mapping.tables());
    }

    @Override
    int work(PinnedDataSource database) {
        if (mapping != null) {
            return mapping.run(database);
        }
        TableNames names = new TableNames(database);
        requireTables(names, tables());
        refuseTwice(names);
        Attachments attachments = new Attachments(database);
        for (Declaration each : declarations) {
            tell(attachments.attach(each.attachment()));
        }
        if (file != null) {
            others(attachments);
        }
        if (load) {
            // The table's, which was given instead of a file.
            LoadCommand.register(new Loads(database), tables(), Loads.LoadOptions.WHOLE, out(), err());
        }
        return ExitCode.DONE;
    }

    /** Checks that each table exists under the given name. */
    static void requireTables(TableNames names, List<String> tables) {
        Map<String, List<String>> unknown = names.unknown(tables);
        requireSchemas(names, tables, unknown);
        if (!unknown.isEmpty()) {
            throw new Fault(
                    ExitCode.REFUSED,
                    unknown.entrySet().stream()
                            .map(each -> absent(each.getKey(), each.getValue()))
                            .toList());
        }
    }

    /**
     * @param unknown the tables that {@link TableNames#unknown} has returned
     */
    static void requireSchemas(TableNames names, List<String> tables, Map<String, List<String>> unknown) {
        List<String> faults = names.unqualified(tables).stream()
                .map(name -> "name the table " + name + " with its schema, such as "
                        + unknown.getOrDefault(name, List.of()).stream()
                                .findFirst()
                                .orElse("public." + name))
                .toList();
        if (!faults.isEmpty()) {
            throw new Fault(ExitCode.USAGE, faults);
        }
    }

    static String absent(String name, List<String> meant) {
        String absent = "the table " + name + " does not exist";
        if (meant.isEmpty()) {
            return absent;
        }
        return absent + ", and " + String.join(" and ", meant) + (meant.size() == 1 ? " does" : " do")
                + ": names with capitals or other characters than letters, digits and _ stand in double quotes, in a shell"
                + " as '" + meant.get(0) + "'";
    }

    /** A second declaration of a table would undo the first, and columns that only the first excludes would be sent. */
    private void refuseTwice(TableNames names) {
        List<String> faults = names.alike(tables()).stream().map(this::twice).toList();
        if (!faults.isEmpty()) {
            throw new Fault(ExitCode.USAGE, faults);
        }
    }

    private String twice(List<String> alike) {
        return file + ": "
                + declarations.stream()
                        .filter(each -> alike.contains(each.attachment().table()))
                        .map(each -> each.attachment().table() + " (line " + each.line() + ")")
                        .collect(Collectors.joining(" and "))
                + " are the same table: declare it once";
    }

    private List<String> tables() {
        return declarations.stream().map(each -> each.attachment().table()).toList();
    }

    private void others(Attachments attachments) {
        for (String other : attachments.others(tables())) {
            if (detachOthers) {
                attachments.detach(other);
                out().println(other + ": detached");
            } else {
                out().println(other + ": attached, though the file does not name it (--detach-others would detach it)");
            }
        }
    }

    private Attachment attachment(String name) {
        return new Attachment(
                name,
                key,
                exclude,
                mask,
                !noBefore,
                operations,
                stream,
                format,
                onQuarantine,
                capture,
                withoutKey,
                rename,
                renameSchema,
                renameTable,
                null,
                null,
                null,
                routed());
    }

    /** An option without a value has one that is empty. */
    private @Nullable List<String> routed() {
        return eventRouter == null
                ? null
                : eventRouter.stream().filter(each -> !each.isEmpty()).toList();
    }

    private void tell(Attached attached) {
        out().println(attached.table() + ": " + attached.change());
        attached.warnings().forEach(warning -> err().println("leat: warning: " + warning));
    }

    private static Declared declared(Path file) {
        String text = text(file);
        try {
            return TablesFile.read(file.toString(), new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException("reading a string failed", e);
        }
    }

    /** The whole file: a parser would report one that cannot be read as invalid. */
    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new Fault(ExitCode.USAGE, "there is no file " + file, e);
        } catch (AccessDeniedException e) {
            throw new Fault(ExitCode.USAGE, "the file " + file + " may not be read by this user", e);
        } catch (CharacterCodingException e) {
            throw new Fault(ExitCode.USAGE, file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new Fault(ExitCode.USAGE, "the file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
