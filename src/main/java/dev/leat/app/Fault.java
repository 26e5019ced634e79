package dev.leat.app;

import java.util.List;

/** Something a person can put right: it ends the command with one clear line, not a stack trace. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final transient List<String> lines;

    Fault(int exitCode, String line) {
        this(exitCode, List.of(line));
    }

    Fault(int exitCode, String line, Throwable cause) {
        super(line, cause);
        this.exitCode = exitCode;
        this.lines = List.of(line);
    }

    /**
     * @param lines one for each fault
     */
    Fault(int exitCode, List<String> lines) {
        super(String.join("; ", lines));
        this.exitCode = exitCode;
        this.lines = List.copyOf(lines);
    }

    int exitCode() {
        return exitCode;
    }

    List<String> lines() {
        return lines;
    }
}
