package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.app.connection.DatabaseFaults;
import dev.leat.app.connection.Fault;
import dev.leat.config.Settings;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Every fault with the database that a person can cause ends in one clear line and an exit code for its kind. */
@Tag("postgres")
class DatabaseFaultsTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final CliRun cli = CliRun.on(database);

    private void assertOneLine(CliRun.Result result, int exitCode, String... says) {
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception", "\tat ");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void migrateMakesTheSchemaAndASecondTimeSaysThatItIsThere() {
        assertThat(cli.leat("migrate").out()).contains("is migrated");
        CliRun.Result again = cli.leat("migrate");
        assertThat(again.out()).contains("up to date");
        assertThat(again.exitCode()).isZero();
    }

    @Test
    void noDatabaseIsNamed() {
        cli.environment.clear();
        assertOneLine(cli.leat("migrate"), 2, "--database-url (LEAT_DATABASE_URL)");
    }

    @Test
    void nothingListensThere() {
        cli.environment.put("LEAT_DATABASE_URL", "jdbc:postgresql://localhost:1/shop");
        assertOneLine(
                cli.leat("migrate"),
                3,
                "no connection to jdbc:postgresql://localhost:1/shop",
                "check host and port in --database-url (LEAT_DATABASE_URL), and that the server runs");
    }

    /** A connection that the other side's system leaves unanswered, as a firewall does. */
    @Test
    void nothingAnswers() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Socket> waiting = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    Socket socket = new Socket();
                    waiting.add(socket);
                    try {
                        socket.connect(full.getLocalSocketAddress(), 200);
                    } catch (SocketTimeoutException e) {
                        break;
                    }
                }
                cli.environment.put(
                        "LEAT_DATABASE_URL",
                        "jdbc:postgresql://127.0.0.1:" + full.getLocalPort() + "/shop?connectTimeout=1");
                assertOneLine(cli.leat("migrate"), 3, "nothing answers in time", "firewall");
            } finally {
                for (Socket socket : waiting) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void aStandbyIsToldFromThePrimary() {
        Fault fault = DatabaseFaults.of(
                new PSQLException(new ServerErrorMessage("SERROR\0VERROR\0C25006\0Mcannot execute INSERT\0")),
                new Settings.Database("jdbc:postgresql://db.example/shop", "shop", "secret"));
        assertThat(fault.exitCode()).isEqualTo(3);
        assertThat(fault.lines()).singleElement().asString().contains("name the primary", "targetServerType=primary");
    }

    /** What a server says of itself is no fault of the URL. */
    @ParameterizedTest
    @CsvSource({
        "57P03, the database system is starting up, try again later",
        "57P01, terminating connection due to administrator command, ended on the server's side",
        "53300, sorry, raise max_connections",
        "53100, could not extend file, lacks disk or memory"
    })
    void theServersOwnTroubleIsSaidAsThat(String state, String message, String says) {
        SQLException refusal = new PSQLException(
                new ServerErrorMessage("SFATAL\0VFATAL\0C" + state + "\0M" + message + "\0RInitPostgres\0"));
        Fault fault = DatabaseFaults.of(
                refusal, new Settings.Database("jdbc:postgresql://db.example/shop", "shop", "secret"));
        assertThat(fault.exitCode()).isEqualTo(3);
        assertThat(fault.lines())
                .singleElement()
                .asString()
                .contains(message, says)
                .doesNotContain("LEAT_DATABASE_URL", "secret");
    }

    @Test
    void theHostIsUnknown() {
        cli.environment.put("LEAT_DATABASE_URL", "jdbc:postgresql://no-such-host.invalid:5432/shop");
        assertOneLine(cli.leat("migrate"), 3, "the host no-such-host.invalid is not known");
    }

    @Test
    void noDriverKnowsTheUrl() {
        cli.environment.put("LEAT_DATABASE_URL", "jdbc:aws-wrapper:postgresql://localhost/shop");
        assertOneLine(cli.leat("migrate"), 3, "no JDBC driver on the class path", "jdbc:aws-wrapper");
    }

    @Test
    void theRoleDoesNotExist() {
        cli.environment.put("LEAT_DATABASE_USERNAME", "nobody_of_that_name");
        assertOneLine(cli.leat("migrate"), 3, "nobody_of_that_name");
    }

    @Test
    void theDatabaseDoesNotExist() {
        cli.environment.put("LEAT_DATABASE_URL", database.url() + "_not");
        assertOneLine(cli.leat("migrate"), 3, "_not\" does not exist", "LEAT_DATABASE_URL");
    }

    @Test
    void theRoleMayNotCreateASchema() {
        CliRun stranger = CliRun.on(database, database.role("leat_stranger"));
        assertOneLine(stranger.leat("migrate"), 3, "permission denied");
    }

    @Test
    void theSchemaIsAbsent() {
        assertOneLine(cli.leat("run", "--stream", "orders"), 4, "run `leat migrate`");
    }

    @Test
    void theSchemaIsOlder() {
        cli.leat("migrate");
        database.run("CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 0'");
        assertOneLine(cli.leat("run", "--stream", "orders"), 4, "version 0", "run `leat migrate`");
    }

    @Test
    void theSchemaIsNewer() {
        cli.leat("migrate");
        database.run("CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 99';"
                + " CREATE OR REPLACE FUNCTION leat.oldest_poller() RETURNS integer LANGUAGE sql AS 'SELECT 98'");
        assertOneLine(cli.leat("run", "--stream", "orders"), 4, "version 99", "upgrade the jar");
        assertOneLine(cli.leat("migrate"), 4, "version 99", "upgrade the jar");
    }

    @Test
    void theSchemaIsNewerAndServesThisVersion() {
        cli.leat("migrate");
        database.run("CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 99'");
        CliRun.Result migrate = cli.leat("migrate");
        assertThat(migrate.exitCode()).isZero();
        assertThat(migrate.out())
                .contains("a later Leat has made the schema, version 99")
                .contains("nothing is done");
        assertThat(database.value("SELECT leat.schema_version()")).isEqualTo("99");
        assertThat(cli.leat("status").exitCode()).isZero();
    }

    @Test
    void allFaultsOfTheSettingsAreToldAtOnce() {
        cli.environment.clear();
        CliRun.Result result = cli.leat("run", "--workers", "none");
        assertThat(result.exitCode()).isEqualTo(2);
        assertThat(result.errLines()).hasSize(3).allMatch(line -> line.startsWith("leat: "));
    }

    @Test
    void whatExcludesEachOtherIsSaid() {
        assertOneLine(cli.leat("doctor", "--no-streams", "--stream", "orders"), 2, "exclude each other");
    }

    @Test
    void anUnknownOptionIsRefused() {
        assertOneLine(cli.leat("run", "--retian", "7d"), 2, "--retian", "leat run --help");
    }

    @Test
    void withoutACommandItSaysHowToGetHelp() {
        assertOneLine(cli.leat(), 2, "leat --help");
    }

    @Test
    void helpAndVersionAreAnswered() {
        assertThat(cli.leat("--help").out()).contains("migrate", "run", "Exit codes");
        assertThat(cli.leat("run", "--help").out()).contains("LEAT_LATENCY", "10ms");
        assertThat(cli.leat("--version").out()).startsWith("leat ");
    }
}
