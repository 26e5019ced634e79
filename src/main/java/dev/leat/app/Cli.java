package dev.leat.app;

import dev.leat.config.InvalidSettings;
import dev.leat.observe.Causes;
import java.io.PrintWriter;
import java.util.List;
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
        CommandLine line = new CommandLine(leat)
                .addSubcommand(new MigrateCommand(world))
                .addSubcommand(new AttachCommand(world))
                .addSubcommand(new DetachCommand(world))
                .addSubcommand(new RunCommand(world))
                .addSubcommand(new StatusCommand(world))
                .addSubcommand(new CommandLine(new QuarantineCommand())
                        .addSubcommand(new QuarantineListCommand(world))
                        .addSubcommand(new QuarantineDecideCommand.Retry(world))
                        .addSubcommand(new QuarantineDecideCommand.Discard(world)))
                .addSubcommand(new DoctorCommand(world))
                .setOut(out)
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
