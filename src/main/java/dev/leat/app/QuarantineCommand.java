package dev.leat.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "quarantine",
        synopsisSubcommandLabel = "COMMAND",
        description = "Events that could not be sent, and the later events of their keys that wait for them.")
final class QuarantineCommand implements Runnable {

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "name one of the commands list, retry and discard");
        }
    }
}
