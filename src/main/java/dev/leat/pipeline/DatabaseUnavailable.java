package dev.leat.pipeline;

/** The database could not run a statement, for a reason outside the statement, such as a lost connection. No event is lost. */
public final class DatabaseUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DatabaseUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
