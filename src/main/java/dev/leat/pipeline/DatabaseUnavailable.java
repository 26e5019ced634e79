package dev.leat.pipeline;

/** The database did not do what was asked, for a reason that lies outside the request. Nothing was lost by it. */
public final class DatabaseUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DatabaseUnavailable(String message, Throwable cause) {
        super(message, cause);
    }
}
