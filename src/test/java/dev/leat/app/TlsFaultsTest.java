package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Certificates;
import dev.leat.testkit.OwnServer;
import dev.leat.testkit.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** If TLS cannot be established, the message says so and names the setting that helps. It does not say that the login was refused. */
class TlsFaultsTest {

    @TempDir
    private Path directory;

    private final CliRun cli = new CliRun();

    private CliRun.Result status(String url) {
        cli.environment.put("LEAT_DATABASE_URL", url);
        cli.environment.put("LEAT_DATABASE_USERNAME", TestServer.OWNER);
        cli.environment.put("LEAT_DATABASE_PASSWORD", TestServer.password());
        return cli.leat("status");
    }

    private static void assertSays(CliRun.Result result, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err())
                .startsWith("leat: ")
                .contains(says)
                .contains("LEAT_DATABASE_URL")
                .doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(3);
    }

    @Test
    @Tag("full")
    void theServerTakesNoTls() {
        String url = TestServer.shared().url(TestServer.TEMPLATE);
        TestServer.shared().emptyDatabase().close();
        for (String demands : new String[] {"sslmode=require", "sslmode=verify-ca", "ssl=true", "ssl"}) {
            CliRun.Result result = status(url + "?" + demands);
            assertSays(result, "no TLS with jdbc:postgresql:", "sslmode=disable", "ssl = on");
            assertThat(result.err()).doesNotContain("LEAT_DATABASE_PASSWORD", "refuses the login");
        }
        assertThat(status(url + "?sslmode=disable").err()).doesNotContain("TLS");

        // Without a password it may be that which is asked for: both are said.
        cli.environment.put("LEAT_DATABASE_URL", url + "?sslmode=require");
        cli.environment.remove("LEAT_DATABASE_PASSWORD");
        assertThat(cli.leat("status").err())
                .contains("no connection to", "sslmode=disable", "LEAT_DATABASE_PASSWORD")
                .doesNotContain("refuses the login");
    }

    @Test
    @Tag("full")
    void theServersCertificateIsNotWhatIsExpected() throws Exception {
        Certificates own = Certificates.of(directory, "db.example");
        Certificates other = Certificates.of(directory, "other.example");
        Path rules = Files.writeString(directory.resolve("pg_hba.conf"), """
                host all postgres all trust
                hostnossl %1$s leat_owner all reject
                hostssl %1$s leat_owner all trust
                hostnossl postgres leat_owner all trust
                """.formatted(TestServer.TEMPLATE));
        try (OwnServer server = OwnServer.create(Map.of(
                "ssl", "on",
                "ssl_cert_file", own.certificate().toString(),
                "ssl_key_file", own.key().toString(),
                "hba_file", rules.toString()))) {
            String url = server.server().url(TestServer.TEMPLATE);
            assertThat(status(url + "?sslmode=verify-ca&sslrootcert=" + own.certificate())
                            .exitCode())
                    .isZero();

            CliRun.Result untrusted = status(url + "?sslmode=verify-ca&sslrootcert=" + other.certificate());
            assertSays(untrusted, "no TLS with", "not signed by the authority", "sslrootcert=<file>");
            CliRun.Result misnamed = status(url + "?sslmode=verify-full&sslrootcert=" + own.certificate());
            assertSays(misnamed, "no TLS with", "another host name", "sslmode=verify-ca");
            CliRun.Result missing = status(url + "?sslmode=verify-full&sslrootcert=" + directory.resolve("no.crt"));
            assertSays(missing, "no TLS with", "sslrootcert", "no.crt");

            assertSays(status(url + "?sslmode=disable"), "pg_hba.conf", "hostssl", "sslmode=require");
            assertThat(status(url + "?sslmode=require").exitCode()).isZero();
            String plain = server.server().url("postgres");
            assertSays(status(plain + "?sslmode=require"), "pg_hba.conf", "hostnossl", "sslmode=disable");
            assertThat(status(plain + "?sslmode=disable").exitCode()).isEqualTo(4);
        }
    }
}
