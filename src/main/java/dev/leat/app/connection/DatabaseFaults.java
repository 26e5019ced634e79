package dev.leat.app.connection;

import dev.leat.config.Settings;
import dev.leat.observe.Causes;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Explains an error of the database and what to do about it. It decides by SQLSTATE, never by the text of a message. */
public final class DatabaseFaults {

    /** SQLSTATE classes: something does not exist, has a wrong state, or is not available now. */
    private static final Set<String> DECLINES = Set.of("0A", "22", "23", "3F", "40", "42", "55", "P0");

    /** SQLSTATE of a missing right, after the login or (CONNECT) during it. */
    public static final String MISSING_RIGHT = "42501";

    private DatabaseFaults() {}

    /** The driver's exception, if it is among the causes. */
    public static @Nullable SQLException behind(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException refusal) {
                return refusal;
            }
        }
        return null;
    }

    public static Fault of(SQLException refusal, Settings.@Nullable Database database) {
        String message = message(refusal);
        String connection = ConnectionFaults.line(refusal, database, message);
        if (connection != null) {
            return fault(ExitCode.DATABASE, connection, refusal);
        }
        String state = refusal.getSQLState() == null ? "" : refusal.getSQLState();
        return switch (state) {
            case MISSING_RIGHT -> fault(ExitCode.DATABASE, message, refusal);
            case "55P03" ->
                fault(
                        ExitCode.REFUSED,
                        message.startsWith("leat.")
                                ? message
                                : message
                                        + ": a transaction holds the lock, and Leat does not wait longer: try again when it"
                                        + " has ended (see pg_stat_activity)",
                        refusal);
            default ->
                DECLINES.contains(state.isEmpty() ? "" : state.substring(0, 2))
                        ? fault(ExitCode.REFUSED, message, refusal)
                        : fault(
                                ExitCode.DATABASE,
                                "the database answers: " + message + (state.isEmpty() ? "" : " (" + state + ")"),
                                refusal);
        };
    }

    /**
     * @param advice who grants the right
     */
    public static Fault missingRight(SQLException refusal, String advice) {
        String message = message(refusal);
        // Messages of Leat's own functions contain the advice.
        return fault(ExitCode.DATABASE, message.startsWith("leat.") ? message : message + ": " + advice, refusal);
    }

    /** The server's message, and its hint, on one line. */
    private static String message(SQLException refusal) {
        return Causes.line(refusal)
                .replaceFirst("^(ERROR|FATAL): ", "")
                .replaceAll(" Where: .*$", "")
                .replaceAll(" Position: \\d+$", "")
                .replaceAll("\\.$", "");
    }

    private static Fault fault(int exitCode, String line, SQLException refusal) {
        return new Fault(exitCode, line, refusal);
    }
}
