package dev.leat.app.connection;

import dev.leat.config.Settings;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.sql.SQLException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Explains why there is no connection to a database, and names the setting to change. It decides by SQLSTATE, by the causes of the
 * exception, by the server's function that refuses, and by the URL, because messages come in the server's and the driver's language.
 */
public final class ConnectionFaults {

    private static final Pattern SSL_MODE = Pattern.compile("[?&]sslmode=([^&]*)");
    private static final Pattern SSL = Pattern.compile("[?&]ssl(=true|=)?(&|$)");
    /** The JDK's messages about certificates name classes. */
    private static final Pattern CLASS = Pattern.compile("([a-z]+\\.)+[A-Z]\\w*Exception: ");

    private static final Set<String> DEMANDS_TLS = Set.of("require", "verify-ca", "verify-full");

    private final SQLException refusal;
    private final Settings.@Nullable Database database;
    private final String message;
    private final String where;
    private final String sslMode;

    private ConnectionFaults(SQLException refusal, Settings.@Nullable Database database, String message) {
        this.refusal = refusal;
        this.database = database;
        this.message = message;
        this.where = database == null ? "the database" : database.printableUrl();
        this.sslMode = database == null ? "" : sslMode(database.url());
    }

    /**
     * @param message the server's or the driver's, on one line
     * @return null: this is not about a connection
     */
    public static @Nullable String line(SQLException refusal, Settings.@Nullable Database database, String message) {
        return new ConnectionFaults(refusal, database, message).line();
    }

    private @Nullable String line() {
        String state = refusal.getSQLState() == null ? "" : refusal.getSQLState();
        if (aboutTls(state)) {
            return "no TLS with " + where + ": " + CLASS.matcher(message).replaceAll("") + ": " + tls(state);
        }
        return switch (state) {
            case "28P01" -> login(credentials());
            case "28000" -> login(refused());
            case "08004" ->
                DEMANDS_TLS.contains(sslMode)
                        ? none(credentials() + ", or, " + serverWithoutTls())
                        : login(credentials());
            case "3D000" -> message + ": check the last part of " + Settings.DATABASE_URL;
            case "42501" -> routine().equals("CheckMyDatabase") ? message + ": " + connectRight() : null;
            case "25006" ->
                message + ": the server is a standby, or read-only: name the primary in " + Settings.DATABASE_URL
                        + " (of several hosts, by targetServerType=primary)";
            case "53300" ->
                none("end some, raise max_connections or the limit of the role or database, or connect by a"
                        + " pooler; run takes one for each of its --workers, and up to three more");
            case "53100", "53200" -> "the database answers: " + message + ": its server lacks disk or memory";
            case "57P03" -> none("the server starts, stops or recovers: try again later");
            case "57P01", "57P02", "57P05" -> none("the session was ended on the server's side: start again");
            // A pooler's word: PostgreSQL itself and the driver agree.
            case "08P01" ->
                none(
                        "a pooler must give whole transactions (PgBouncer: pool_mode transaction or session), and let pass what the"
                                + " driver sends when it connects (PgBouncer: ignore_startup_parameters = extra_float_digits, options)");
            default ->
                state.startsWith("08") || state.startsWith("53") || state.startsWith("57P")
                        ? none(unreachable())
                        : null;
        };
    }

    private String none(String advice) {
        return "no connection to " + where + ": " + message + ": " + advice;
    }

    private String login(String advice) {
        return where + " refuses the login: " + message + ": " + advice;
    }

    private String credentials() {
        if (database != null && database.password() == null) {
            return "set " + Settings.DATABASE_PASSWORD
                    + (database.username() == null ? " and " + Settings.DATABASE_USERNAME : "");
        }
        return "check " + Settings.DATABASE_USERNAME + " and " + Settings.DATABASE_PASSWORD
                + "; a password after its VALID UNTIL is refused in the same words";
    }

    private String refused() {
        return switch (routine()) {
            case "InitializeSessionUserId" ->
                Settings.DATABASE_USERNAME + " must name a role that exists and may log in (ALTER ROLE … LOGIN)";
            case "ClientAuthentication" ->
                "the server's pg_hba.conf lets in no such login: its administrator adds a line for"
                        + " this role, database and host" + hbaAndTls();
            default -> credentials();
        };
    }

    /** By default the driver has tried with TLS and without. */
    private String hbaAndTls() {
        if (sslMode.equals("disable")) {
            return ", or, where its line begins with hostssl, sslmode=require in " + Settings.DATABASE_URL + " helps";
        }
        if (DEMANDS_TLS.contains(sslMode)) {
            return ", or, where its line begins with hostnossl, sslmode=disable in " + Settings.DATABASE_URL
                    + " helps; where it asks for a client's certificate, sslcert and sslkey do";
        }
        return "";
    }

    private String connectRight() {
        String role = database == null || database.username() == null ? "the role" : database.username();
        return "the database's owner gives it by GRANT CONNECT ON DATABASE … TO " + role;
    }

    /** A handshake that failed, a file of certificates that is not there, or a host's name that is not the certificate's. */
    private boolean aboutTls(String state) {
        if (cause(SSLException.class) || cause(CertPathValidatorException.class)) {
            return true;
        }
        boolean own = !(refusal instanceof PSQLException refused) || refused.getServerErrorMessage() == null;
        return switch (state) {
            case "08006" -> own && DEMANDS_TLS.contains(sslMode) && (refusal.getCause() == null || fileIsMissing());
            // Without a password the driver may mean that; its own words say which.
            case "08004" -> own && DEMANDS_TLS.contains(sslMode) && database != null && database.password() != null;
            default -> false;
        };
    }

    private String tls(String state) {
        if (fileIsMissing()) {
            return "sslrootcert, sslcert and sslkey in " + Settings.DATABASE_URL
                    + " name files that this process can read";
        }
        if (cause(CertPathBuilderException.class) || cause(CertPathValidatorException.class)) {
            return "the server's certificate is not signed by the authority that is trusted: name that authority's"
                    + " certificate by sslrootcert=<file> in " + Settings.DATABASE_URL;
        }
        if (state.equals("08006") && refusal.getCause() == null) {
            return "the server's certificate is for another host name: write that name in " + Settings.DATABASE_URL
                    + ", or sslmode=verify-ca, which trusts the authority alone";
        }
        if (state.equals("08004")) {
            return serverWithoutTls();
        }
        return "check sslmode, sslrootcert, sslcert and sslkey in " + Settings.DATABASE_URL;
    }

    private String serverWithoutTls() {
        return "where the server takes no TLS, which sslmode=" + sslMode
                + " demands, switch it on there (ssl = on), or, on a" + " trusted network, write sslmode=disable in "
                + Settings.DATABASE_URL;
    }

    private String unreachable() {
        for (Throwable cause = refusal.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "the host " + cause.getMessage() + " is not known: check " + Settings.DATABASE_URL;
            }
        }
        if (cause(SocketTimeoutException.class)) {
            return "nothing answers in time: check host and port in " + Settings.DATABASE_URL
                    + ", and whether a firewall or security group lets this machine in";
        }
        if (cause(ConnectException.class)) {
            return "check host and port in " + Settings.DATABASE_URL + ", and that the server runs and listens there";
        }
        return "check " + Settings.DATABASE_URL;
    }

    private boolean fileIsMissing() {
        return cause(FileNotFoundException.class) || cause(NoSuchFileException.class);
    }

    private boolean cause(Class<? extends Throwable> type) {
        for (Throwable cause = refusal.getCause(); cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    /** The server's function that refuses; empty: the driver or a pooler does. */
    private String routine() {
        ServerErrorMessage server = refusal instanceof PSQLException thrown ? thrown.getServerErrorMessage() : null;
        return server == null || server.getRoutine() == null ? "" : server.getRoutine();
    }

    private static String sslMode(String url) {
        Matcher mode = SSL_MODE.matcher(url);
        if (mode.find()) {
            return mode.group(1);
        }
        // As the driver reads it.
        return SSL.matcher(url).find() ? "verify-full" : "";
    }
}
