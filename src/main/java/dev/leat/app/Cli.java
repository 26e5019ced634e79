package dev.leat.app;

import dev.leat.app.connection.ExitCode;
import dev.leat.app.connection.Fault;
import dev.leat.observe.Causes;
import dev.leat.observe.PrintableWriter;
import dev.leat.settings.InvalidSettings;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line, from arguments to an exit code. */
final class Cli {

    private final ProcessEnvironment process;
    private final PrintWriter out;
    private final PrintWriter err;

    /** Both writers escape unprintable characters, and errors contain no password. Results are left as they are. */
    Cli(ProcessEnvironment process, PrintWriter out, PrintWriter err) {
        this.process = process;
        this.out = new PrintableWriter(out, UnaryOperator.identity());
        this.err = new PrintableWriter(err, process.secrets()::hide);
    }

    /** Runs one command; see {@link ExitCode}. */
    int run(String... arguments) {
        LeatCommand leat = new LeatCommand();
        CommandLine line = new CommandLine(leat);
        Map<String, Supplier<CommandLine>> commands = commands();
        // Reading the annotations of all commands takes longer than starting the JVM.
        Supplier<CommandLine> named = arguments.length == 0 ? null : commands.get(arguments[0]);
        Collection<Supplier<CommandLine>> needed = named == null ? commands.values() : List.of(named);
        needed.forEach(command -> line.addSubcommand(command.get()));
        line.setOut(out)
                .setErr(err)
                // Colours are control sequences.
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                // Messages must not quote the content of a file.
                .setExpandAtFiles(false)
                .setUsageHelpWidth(110)
                .setUsageHelpAutoWidth(false)
                .setAbbreviatedOptionsAllowed(false)
                .setExecutionExceptionHandler((thrown, command, parsed) -> report(thrown, leat.debug()))
                .setParameterExceptionHandler((thrown, given) -> misused(thrown, given, leat.debug()));
        int code = executed(line, arguments);
        out.flush();
        err.flush();
        return code;
    }

    private int executed(CommandLine line, String... arguments) {
        try {
            CommandLineSecrets.refuse(line, arguments);
        } catch (Fault fault) {
            print(fault.lines());
            return fault.exitCode();
        }
        return line.execute(arguments);
    }

    private Map<String, Supplier<CommandLine>> commands() {
        Map<String, Supplier<CommandLine>> commands = new LinkedHashMap<>();
        commands.put("migrate", () -> DatabaseCommand.line(new MigrateCommand(process)));
        commands.put("attach", () -> DatabaseCommand.line(new AttachCommand(process)));
        commands.put("detach", () -> DatabaseCommand.line(new DetachCommand(process)));
        commands.put("load", () -> LoadCommand.line(process));
        commands.put("reconcile", () -> DatabaseCommand.line(new ReconcileCommand(process)));
        commands.put("replay", () -> ReplayCommand.line(process));
        commands.put("run", () -> DatabaseCommand.line(new RunCommand(process)));
        commands.put("status", () -> DatabaseCommand.line(new StatusCommand(process)));
        commands.put(
                "quarantine",
                () -> new CommandLine(new QuarantineCommand())
                        .addSubcommand(DatabaseCommand.line(new QuarantineListCommand(process)))
                        .addSubcommand(DatabaseCommand.line(new QuarantineDecideCommand.Retry(process)))
                        .addSubcommand(DatabaseCommand.line(new QuarantineDecideCommand.Discard(process))));
        commands.put("doctor", () -> DatabaseCommand.line(new DoctorCommand(process)));
        commands.put("warm", () -> DatabaseCommand.line(new WarmCommand(process)));
        return commands;
    }

    private int misused(ParameterException thrown, String[] arguments, boolean debug) {
        ParameterException sayable = sayable(thrown, arguments);
        print(List.of(Causes.line(sayable) + " (see "
                + thrown.getCommandLine().getCommandSpec().qualifiedName() + " --help)"));
        trace(sayable, debug);
        return ExitCode.USAGE;
    }

    private static ParameterException sayable(ParameterException thrown, String... arguments) {
        if (!(thrown instanceof UnmatchedArgumentException unmatched)) {
            return thrown;
        }
        ParameterException sayable =
                new ParameterException(thrown.getCommandLine(), CommandLineSecrets.unknown(unmatched, arguments));
        sayable.setStackTrace(thrown.getStackTrace());
        return sayable;
    }

    private int report(Exception thrown, boolean debug) {
        trace(thrown, debug);
        if (thrown instanceof Fault fault) {
            print(fault.lines());
            return fault.exitCode();
        }
        if (thrown instanceof InvalidSettings invalid) {
            print(invalid.faults());
            return ExitCode.USAGE;
        }
        print(List.of("unexpected: " + thrown.getClass().getSimpleName() + ": " + Causes.line(thrown)
                + (debug ? "" : " (run again with --debug to see where)")));
        return ExitCode.UNEXPECTED;
    }

    private void print(List<String> lines) {
        lines.forEach(text -> err.println("leat: " + text));
    }

    private void trace(Exception thrown, boolean debug) {
        if (debug) {
            thrown.printStackTrace(err);
        }
    }
}
