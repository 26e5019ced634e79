package dev.leat.app.connection;

import java.util.List;

/** Something a person can put right: it ends the command with one clear line, not a stack trace. */
public final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final transient List<String> lines;

    public Fault(int exitCode, String line) {
        this(exitCode, List.of(line));
    }

    public Fault(int exitCode, String line, Throwable cause) {
        super(line, cause);
        this.exitCode = exitCode;
        this.lines = List.of(line);
    }

    /**
     * @param lines one for each fault
     */
    public Fault(int exitCode, List<String> lines) {
        super(String.join("; ", lines));
        this.exitCode = exitCode;
        this.lines = List.copyOf(lines);
    }

    public int exitCode() {
        return exitCode;
    }

    public List<String> lines() {
        return lines;
    }
}
