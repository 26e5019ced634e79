package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** Faults of logging in, on a server of its own, because the other servers accept everybody without a password. */
class LoginFaultsTest {

    @Test
    void aWrongPasswordAndAForbiddenRoleAreToldInOneLineWithoutThePassword() throws Exception {
        try (EmbeddedPostgres server = TestServer.embedded()) {
            try (Connection superuser = server.getPostgresDatabase().getConnection();
                    Statement statement = superuser.createStatement()) {
                statement.execute("CREATE ROLE shop LOGIN PASSWORD 'right'; CREATE ROLE barred LOGIN;"
                        + "CREATE ROLE expired LOGIN PASSWORD 'right' VALID UNTIL '2020-01-01';"
                        + "CREATE ROLE nologin; CREATE ROLE limited LOGIN CONNECTION LIMIT 0");
                ResultSet file = statement.executeQuery("SHOW hba_file");
                file.next();
                Path rules = Path.of(file.getString(1));
                Files.writeString(
                        rules,
                        "host all shop all scram-sha-256\nhost all expired all scram-sha-256\nhost all barred all reject\n"
                                + Files.readString(rules));
                statement.execute("SELECT pg_reload_conf()");
            }
            CliRun cli = new CliRun();
            cli.environment.put("LEAT_DATABASE_URL", "jdbc:postgresql://localhost:" + server.getPort() + "/postgres");
            cli.environment.put("LEAT_DATABASE_USERNAME", "shop");
            cli.environment.put("LEAT_DATABASE_PASSWORD", "secret-of-mine");
            assertRefused(cli.leat("migrate"), "password authentication failed for user \"shop\"");

            cli.environment.remove("LEAT_DATABASE_PASSWORD");
            assertRefused(cli.leat("migrate"), "set --database-password (LEAT_DATABASE_PASSWORD)");

            cli.environment.put("LEAT_DATABASE_USERNAME", "barred");
            assertRefused(cli.leat("migrate"), "barred", "pg_hba.conf", "its administrator adds a line");
            assertThat(cli.leat("migrate").err()).doesNotContain("LEAT_DATABASE_PASSWORD");

            cli.environment.put("LEAT_DATABASE_USERNAME", "nologin");
            assertRefused(cli.leat("migrate"), "nologin", "ALTER ROLE … LOGIN");
            cli.environment.put("LEAT_DATABASE_USERNAME", "nobody");
            assertRefused(cli.leat("migrate"), "nobody", "LEAT_DATABASE_USERNAME) must name a role that exists");
            cli.environment.put("LEAT_DATABASE_USERNAME", "limited");
            assertRefused(cli.leat("migrate"), "too many connections for role", "raise", "--workers");
            cli.environment.put("LEAT_DATABASE_USERNAME", "expired");
            cli.environment.put("LEAT_DATABASE_PASSWORD", "right");
            assertRefused(cli.leat("migrate"), "VALID UNTIL");

            cli.environment.put("LEAT_DATABASE_PASSWORD", "secret-of-mine");
            assertThat(cli.leat("migrate", "--debug", "--database-username", "shop")
                            .err())
                    .contains("\tat ")
                    .doesNotContain("secret-of-mine");
        }
    }

    private static void assertRefused(CliRun.Result result, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("secret-of-mine", "Exception:");
        assertThat(result.exitCode()).isEqualTo(3);
    }
}
