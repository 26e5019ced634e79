package dev.leat.config;

import dev.leat.PollerSettings;
import dev.leat.settings.Faults;
import dev.leat.settings.Setting;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All settings of {@code leat run}.
 *
 * @param stream a name or ARN, for events whose table names none
 */
public record Settings(Database database, String stream, PollerSettings poller) {

    public static final Setting<String> DATABASE_URL = Setting.text("database-url", "<url>", url -> null)
            .meaning("JDBC URL, jdbc:postgresql://<host>:<port>/<database>, without a password.");

    public static final Setting<String> DATABASE_USERNAME =
            Setting.text("database-username", "<role>", name -> null).meaning("Role to log in as.");

    public static final Setting<String> DATABASE_PASSWORD = Setting.text("database-password", "", password -> null)
            .meaning("Its password. The option takes no value, and asks for it.");

    /** Those that say where the database is. */
    public static final List<Setting<?>> OF_THE_DATABASE = List.of(DATABASE_URL, DATABASE_USERNAME, DATABASE_PASSWORD);

    /** Those that say what to publish, and how. */
    public static final List<Setting<?>> OF_A_POLLER = Stream.<Setting<?>>concat(
                    Stream.of(PollerSettings.STREAM),
                    PollerSettings.OPTIONS.stream().map(PollerSettings.Option::setting))
            .toList();

    /**
     * Where the outbox is.
     *
     * <p>A user and a password that the URL holds win over the others, and are taken out of it.
     *
     * @param url a JDBC URL; any driver on the class path that speaks to PostgreSQL, such as {@code jdbc:postgresql:} or
     *     {@code jdbc:aws-wrapper:postgresql:}
     * @param username null when the driver knows it
     * @param password null when the driver knows it; never printed
     */
    public record Database(
            String url, @Nullable String username, @Nullable String password) {

        public Database {
            Faults faults = new Faults();
            try {
                DatabaseUrl parts = DatabaseUrl.parse(url);
                url = parts.url();
                username = parts.user() == null ? username : parts.user();
                password = parts.password() == null ? password : parts.password();
            } catch (IllegalArgumentException e) {
                faults.add(DATABASE_URL + " " + e.getMessage());
            }
            faults.check(DATABASE_USERNAME, username);
            faults.raise();
        }

        /** The URL without its parameters: they may hold the password of a key. */
        public String printableUrl() {
            int parameters = url.indexOf('?');
            return parameters < 0 ? url : url.substring(0, parameters);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Database[" + printableUrl() + (username == null ? "" : " as " + username) + "]";
        }
    }
}
