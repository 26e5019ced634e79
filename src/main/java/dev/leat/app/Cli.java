package dev.leat.app;

import dev.leat.config.InvalidSettings;
import dev.leat.observe.Causes;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The command line, from arguments to an exit code. */
final class Cli {

    private final World world;
    private final PrintWriter out;
    private final PrintWriter err;

    Cli(World world, PrintWriter out, PrintWriter err) {
        this.world = world;
        this.out = out;
        this.err = err;
    }

    /** Runs one command; see {@link ExitCode}. */
    int run(String... arguments) {
        LeatCommand leat = new LeatCommand();
        CommandLine line = new CommandLine(leat);
        Map<String, Supplier<CommandLine>> commands = commands();
        // To read the annotations of all commands takes longer than to start the JVM.
        Supplier<CommandLine> named = arguments.length == 0 ? null : commands.get(arguments[0]);
        Collection<Supplier<CommandLine>> needed = named == null ? commands.values() : List.of(named);
        needed.forEach(command -> line.addSubcommand(command.get()));
        line.setOut(out)
                .setErr(err)
                .setUsageHelpWidth(110)
                .setUsageHelpAutoWidth(false)
                .setAbbreviatedOptionsAllowed(false)
                .setExecutionExceptionHandler((thrown, command, parsed) -> report(thrown, leat.debug()))
                .setParameterExceptionHandler((thrown, given) -> misused(thrown, leat.debug()));
        int code = line.execute(arguments);
        out.flush();
        err.flush();
        return code;
    }

    private Map<String, Supplier<CommandLine>> commands() {
        Map<String, Supplier<CommandLine>> commands = new LinkedHashMap<>();
        commands.put("migrate", () -> new CommandLine(new MigrateCommand(world)));
        commands.put("attach", () -> new CommandLine(new AttachCommand(world)));
        commands.put("detach", () -> new CommandLine(new DetachCommand(world)));
        commands.put("run", () -> new CommandLine(new RunCommand(world)));
        commands.put("status", () -> new CommandLine(new StatusCommand(world)));
        commands.put(
                "quarantine",
                () -> new CommandLine(new QuarantineCommand())
                        .addSubcommand(new QuarantineListCommand(world))
                        .addSubcommand(new QuarantineDecideCommand.Retry(world))
                        .addSubcommand(new QuarantineDecideCommand.Discard(world)));
        commands.put("doctor", () -> new CommandLine(new DoctorCommand(world)));
        return commands;
    }

    private int misused(CommandLine.ParameterException thrown, boolean debug) {
        print(List.of(Causes.line(thrown) + " (see "
                + thrown.getCommandLine().getCommandSpec().qualifiedName() + " --help)"));
        trace(thrown, debug);
        return ExitCode.USAGE;
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
