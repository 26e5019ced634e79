package dev.leat.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The process of a PostgreSQL server. It is started with a data directory and ended by signals. */
final class Postmaster {

    private static final int STOP_SECONDS = 60;

    private final Process process;
    private final Path log;

    /**
     * Starts it; whether it answers is for others to ask.
     *
     * @param prefix what the command is run through, or nothing
     */
    Postmaster(List<String> prefix, Path data, List<String> arguments) {
        List<String> command = new ArrayList<>(prefix);
        if ("root".equals(System.getProperty("user.name"))) {
            // PostgreSQL refuses to run as root; in a user namespace of its own it is nobody.
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(DataDirectory.binaries().resolve("postgres").toString());
        command.addAll(List.of("-D", data.toString()));
        command.addAll(arguments);
        log = data.resolve("postmaster.log");
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean running() {
        return process.isAlive();
    }

    /** Everything that servers with this data have said. */
    String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal and waits for the end. */
    void stop(String signal) {
        Signals.send(signal, process.pid());
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("PostgreSQL did not stop in " + STOP_SECONDS + " s:\n" + said());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL stopped", e);
        }
    }

    /** SIGKILL; its children notice. */
    void kill() {
        process.destroyForcibly();
    }
}
