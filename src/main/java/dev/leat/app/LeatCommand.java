package dev.leat.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

@Command(
        name = "leat",
        description = "Carries row changes from PostgreSQL to Amazon Kinesis Data Streams, in order for each key.",
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExit codes:%n",
        footer = {
            "   0  done",
            "   1  done, but doctor found a fault, reconcile a difference, or a stop left something unfinished",
            "   2  an option, an environment variable or a file is invalid",
            "   3  the database does not answer, or refuses the login or a right",
            "   4  the schema is absent, older or newer than this Leat",
            "   5  the stream, the region or the credentials",
            "   6  the database refused: no such table or column, or a lock that was not available",
            "  70  a fault of Leat's own"
        })
final class LeatCommand implements Runnable {

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean version;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces and more of the log.")
    private boolean debug;

    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    boolean debug() {
        return debug;
    }

    @Override
    public void run() {
        if (spec != null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "name a command");
        }
    }
}
