package dev.leat.app;

import dev.leat.config.Setting;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which database. */
final class DatabaseOptions {

    @Option(
            names = "--database-url",
            paramLabel = "<url>",
            description = "JDBC URL of the database, such as jdbc:postgresql://localhost:5432/shop. LEAT_DATABASE_URL")
    private @Nullable String url;

    @Option(
            names = "--database-username",
            paramLabel = "<role>",
            description = "Role to log in as. LEAT_DATABASE_USERNAME")
    private @Nullable String username;

    @Option(
            names = "--database-password",
            arity = "0",
            interactive = true,
            prompt = "Password: ",
            description =
                    "Asks for its password. None is taken from the command line, which other users of this machine can"
                            + " read. LEAT_DATABASE_PASSWORD")
    private @Nullable String password;

    /**
     * @param secrets learns the password that was typed in
     */
    void into(Map<Setting, String> given, Secrets secrets) {
        if (password != null) {
            secrets.add(password);
        }
        Options.put(given, Setting.DATABASE_URL, url);
        Options.put(given, Setting.DATABASE_USERNAME, username);
        Options.put(given, Setting.DATABASE_PASSWORD, password);
    }
}
