package dev.leat.app;

import dev.leat.admin.Loads;
import dev.leat.admin.MissingRight;
import dev.leat.admin.TableNames;
import dev.leat.app.connection.ExitCode;
import dev.leat.app.output.LoadText;
import dev.leat.database.PinnedDataSource;
import dev.leat.status.LoadReader;
import dev.leat.status.Status;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "load",
        description =
                "Sends the rows that tables have already. The pollers that run do it, beside the tables' writers.")
final class LoadCommand extends DatabaseCommand {

    private static final long LOOK_MILLIS = 500;

    /** A line is printed whenever a load has come so many percent further. */
    private static final int STEP = 5;

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

    @Option(names = "--wait", description = "Show how far the loads have come, until all of them have ended.")
    private boolean wait;

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
        Set<Integer> numbers = register(loads, tables, options, out(), err());
        return wait ? await(new LoadReader(database), numbers) : ExitCode.DONE;
    }

    /** Returns the loads' numbers. */
    static Set<Integer> register(
            Loads loads, List<String> tables, Loads.LoadOptions options, PrintWriter out, PrintWriter err) {
        Loads.Registered registered = loads.load(tables, options);
        registered.warnings().forEach(warning -> err.println("leat: warning: " + warning));
        tables.forEach(table -> out.println(table + ": to be loaded"));
        return registered.numbers();
    }

    /** Until none of the loads is under way; prints a line for each whenever it has come further. */
    private int await(LoadReader reader, Set<Integer> numbers) {
        Map<Integer, Integer> shown = new HashMap<>();
        boolean warned = false;
        while (true) {
            List<Status.Load> loads = reader.read().stream()
                    .filter(load -> numbers.contains(load.number()))
                    .toList();
            for (Status.Load load : loads) {
                int at = load.underWay() ? load.percent() / STEP : Integer.MAX_VALUE;
                if (!Integer.valueOf(at).equals(shown.put(load.number(), at))) {
                    out().println(LoadText.line(load));
                    out().flush();
                }
            }
            if (loads.stream().noneMatch(Status.Load::underWay)) {
                return loads.stream().allMatch(load -> load.state().equals("finished"))
                        ? ExitCode.DONE
                        : ExitCode.NOT_WELL;
            }
            if (!warned && !reader.polled()) {
                err().println("leat: no poller runs, so nothing is loaded until one does (leat run)");
                err().flush();
                warned = true;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return ExitCode.NOT_WELL;
            }
        }
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
