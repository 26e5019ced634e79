package dev.leat.app;

import dev.leat.admin.Loads;
import dev.leat.admin.MissingRight;
import dev.leat.admin.TableNames;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.output.LoadText;
import dev.leat.app.output.WaitOption;
import dev.leat.database.PinnedDataSource;
import dev.leat.status.LoadReader;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "load",
        description =
                "Sends the rows that tables have already. The pollers that run do it, beside the tables' writers.")
final class LoadCommand extends DatabaseCommand {

    @Parameters(arity = "0..*", paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
    private List<String> tables = List.of();

    @Option(
            names = "--where",
            paramLabel = "<expression>",
            description = "Only rows for which this expression over the table's columns is true.")
    private @Nullable String where;

    @Option(
            names = "--chunk",
            paramLabel = "<rows>",
            description = "At most so many rows in a transaction; below that the size adapts to 50 ms.")
    private @Nullable Integer chunk;

    @Option(names = "--only", description = "Load tables that are not attached: what they have, and no changes.")
    private boolean only;

    @Option(
            names = "--key",
            split = ",",
            paramLabel = "<column>",
            description =
                    "With --only: as for leat attach. Of a table attached with --without-key whole-row or table: the"
                            + " columns whose order the load follows.")
    private List<String> key = List.of();

    @Option(names = "--exclude", split = ",", paramLabel = "<column>", description = "With --only: as for leat attach.")
    private List<String> exclude = List.of();

    @Option(names = "--mask", split = ",", paramLabel = "<column>", description = "With --only: as for leat attach.")
    private List<String> mask = List.of();

    @Option(names = "--stream", paramLabel = "<stream>", description = "With --only: as for leat attach.")
    private @Nullable String stream;

    @Option(
            names = "--trust",
            split = ",",
            paramLabel = "<role>",
            description = "Roles whose code may run with the rights of Leat's owner: those that own the tables.")
    private List<String> trust = List.of();

    @Mixin
    private WaitOption wait = new WaitOption();

    LoadCommand(ProcessEnvironment process) {
        super(process);
    }

    /** The command with those that pause, resume, cancel and restart loads. */
    static CommandLine line(ProcessEnvironment process) {
        CommandLine line = DatabaseCommand.line(new LoadCommand(process));
        for (Loads.Change change : Loads.Change.values()) {
            CommandLine command = DatabaseCommand.line(new Decide(process, change));
            command.getCommandSpec()
                    .usageMessage()
                    .description(
                            switch (change) {
                                case PAUSE -> "Pauses loads.";
                                case RESUME -> "Lets paused loads go on.";
                                case CANCEL -> "Gives loads up. What was loaded stays and is published.";
                                case RESTART -> "Begins the last loads of tables anew, from the first row.";
                            });
            line.addSubcommand(change.command(), command);
        }
        return line;
    }

    @Override
    public Integer call() {
        if (tables.isEmpty()) {
            throw new ParameterException(
                    spec().commandLine(),
                    "name a table, such as public.orders, or say pause, resume, cancel or restart");
        }
        if (!only && !(exclude.isEmpty() && mask.isEmpty() && stream == null)) {
            throw new ParameterException(
                    spec().commandLine(),
                    "--exclude, --mask and --stream go with --only: of an attached table leat attach says them");
        }
        if (where != null && tables.size() > 1) {
            throw new ParameterException(
                    spec().commandLine(), "--where is about the columns of one table: load the others by themselves");
        }
        return super.call();
    }

    @Override
    String advice(MissingRight missing) {
        return missing.toAttach(tables);
    }

    @Override
    int work(PinnedDataSource database) {
        AttachCommand.requireTables(new TableNames(database), tables);
        Loads loads = new Loads(database);
        Loads.LoadOptions options = new Loads.LoadOptions(where, chunk, only, key, exclude, mask, stream, trust);
        LoadReader reader = new LoadReader(database);
        Set<Integer> numbers = register(loads, tables, options, out(), err());
        return wait.given()
                ? wait.await(database, () -> progress(reader, numbers), "nothing is loaded", out(), err())
                : ExitCode.DONE;
    }

    private static List<WaitOption.Awaited> progress(LoadReader reader, Set<Integer> numbers) {
        return reader.read().stream()
                .filter(load -> numbers.contains(load.number()))
                .map(load -> new WaitOption.Awaited(
                        load.number(),
                        load.underWay(),
                        load.state().equals("finished"),
                        load.percent(),
                        LoadText.line(load)))
                .toList();
    }

    /** Returns the loads' numbers. */
    static Set<Integer> register(
            Loads loads, List<String> tables, Loads.LoadOptions options, PrintWriter out, PrintWriter err) {
        Loads.Registered registered = loads.load(tables, options);
        registered.warnings().forEach(warning -> err.println("leat: warning: " + warning));
        tables.forEach(table -> out.println(table + ": to be loaded"));
        return registered.numbers();
    }

    /** What becomes of loads that are registered. */
    @Command
    static final class Decide extends DatabaseCommand {

        @Parameters(arity = "1..*", paramLabel = "<table>", description = "As SQL writes it, such as public.orders.")
        private List<String> tables = List.of();

        private final Loads.Change change;

        Decide(ProcessEnvironment process, Loads.Change change) {
            super(process);
            this.change = change;
        }

        @Override
        String advice(MissingRight missing) {
            return missing.toAttach(tables);
        }

        @Override
        int work(PinnedDataSource database) {
            AttachCommand.requireTables(new TableNames(database), tables);
            Loads loads = new Loads(database);
            for (String table : tables) {
                loads.change(table, change);
                out().println(table + ": " + change.done());
            }
            return ExitCode.DONE;
        }
    }
}
