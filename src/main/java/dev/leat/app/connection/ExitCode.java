package dev.leat.app.connection;

/** The exit codes of {@code leat}; part of the contract (docs/operations.md). */
public final class ExitCode {

    public static final int DONE = 0;
    /** The command ran, but doctor found a fault, reconcile a difference, a dry run a refusal, or a stop left something unfinished. */
    public static final int NOT_WELL = 1;
    /** An option, an environment variable or a file is invalid. */
    public static final int USAGE = 2;
    /** The database does not answer, or refuses the login or a right. */
    public static final int DATABASE = 3;
    /** The schema is absent, older or newer than this Leat. */
    public static final int SCHEMA = 4;
    /** The stream does not exist or answer, or region, credentials or rights are missing on AWS's side. */
    public static final int STREAM = 5;
    /** The database or a file's rules refused: no such table, no such column, a lock that was not available, what is not supported. */
    public static final int REFUSED = 6;
    /** A fault of Leat's own. */
    public static final int UNEXPECTED = 70;

    private ExitCode() {}
}
