package dev.leat.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Sends POSIX signals; Java itself can send only two of them. */
final class Signals {

    private static final int SECONDS = 20;

    private Signals() {}

    /** Sends a signal, named as in {@code kill -STOP}; fails unless the process is there. */
    static void send(String signal, long pid) {
        run("kill", "-" + signal, Long.toString(pid));
    }

    /** Whether a process has been stopped, with all its threads. */
    static boolean stopped(long pid) {
        // T is for stopped; the letters after it, if any, for other things.
        return run("ps", "-L", "-o", "stat=", "-p", Long.toString(pid))
                .lines()
                .allMatch(state -> state.strip().startsWith("T"));
    }

    private static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed: " + said);
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command[0] + " ran", e);
        }
    }
}
