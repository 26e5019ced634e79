package dev.leat.app;

import dev.leat.config.Setting;
import dev.leat.config.Settings;
import dev.leat.observe.Causes;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says what a database's refusal means and what to do about it. Decided by SQLSTATE, never by a message's text. */
final class DatabaseFaults {

    /** SQLSTATE classes: what was asked for is not there, is not so, or is not to be had now. */
    private static final Set<String> DECLINES = Set.of("0A", "22", "23", "3F", "40", "42", "55", "P0");

    private DatabaseFaults() {}

    /** What the driver said, if that is behind it. */
    static @Nullable SQLException behind(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException said) {
                return said;
            }
        }
        return null;
    }

    static Fault of(SQLException refusal, Settings.@Nullable Database database) {
        String where = database == null ? "the database" : database.printableUrl();
        String role = database == null || database.username() == null ? "the role" : "role " + database.username();
        String state = refusal.getSQLState() == null ? "" : refusal.getSQLState();
        String said = said(refusal);
        return switch (state) {
            case "28P01", "28000", "08004" ->
                fault(
                        ExitCode.DATABASE,
                        where + " refuses the login: " + said + ": check " + Setting.DATABASE_USERNAME + " and "
                                + Setting.DATABASE_PASSWORD,
                        refusal);
            case "3D000" ->
                fault(ExitCode.DATABASE, said + ": check the last part of " + Setting.DATABASE_URL, refusal);
            case "42501" ->
                fault(
                        ExitCode.DATABASE,
                        said + ": " + role + " lacks a right; its owner can give a poller what it needs by"
                                + " SELECT leat.grant_poller('role')",
                        refusal);
            case "55P03" ->
                fault(
                        ExitCode.REFUSED,
                        said.startsWith("leat.")
                                ? said
                                : said
                                        + ": a transaction holds the lock, and Leat does not wait longer: try again when it"
                                        + " has ended (see pg_stat_activity)",
                        refusal);
            default -> byClass(state, where, said, refusal);
        };
    }

    private static Fault byClass(String state, String where, String said, SQLException refusal) {
        if (state.startsWith("08") || state.startsWith("57P") || state.startsWith("53")) {
            return fault(ExitCode.DATABASE, "no connection to " + where + ": " + unreachable(refusal, said), refusal);
        }
        if (DECLINES.contains(state.isEmpty() ? "" : state.substring(0, 2))) {
            return fault(ExitCode.REFUSED, said, refusal);
        }
        return fault(
                ExitCode.DATABASE,
                "the database answers: " + said + (state.isEmpty() ? "" : " (" + state + ")"),
                refusal);
    }

    private static String unreachable(SQLException refusal, String said) {
        for (Throwable cause = refusal.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "the host " + cause.getMessage() + " is not known: check " + Setting.DATABASE_URL;
            }
        }
        return said + (said.contains(Setting.DATABASE_URL.environment()) ? "" : ": check " + Setting.DATABASE_URL);
    }

    /** The server's message, and its hint, on one line. */
    private static String said(SQLException refusal) {
        String said = Causes.line(refusal).replaceFirst("^(ERROR|FATAL): ", "");
        return said.replaceAll(" Where: .*$", "")
                .replaceAll(" Position: \\d+$", "")
                .replaceAll("\\.$", "");
    }

    private static Fault fault(int exitCode, String line, SQLException refusal) {
        return new Fault(exitCode, line, refusal);
    }
}
