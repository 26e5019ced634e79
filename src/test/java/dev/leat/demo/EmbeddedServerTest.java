package dev.leat.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** While the demo runs, other users of the machine can get neither into its database nor, by its superuser, into its account. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedServerTest {

    @AutoClose
    private final EmbeddedServer server = EmbeddedServer.start();

    private final Path passwordFile;

    EmbeddedServerTest() throws IOException, SQLException {
        server.createRole("shop");
        server.createRole("poller");
        server.createDatabase("shop", "shop");
        passwordFile = server.passwordFile("shop", "shop");
    }

    private void connect(String role, @Nullable String password) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", role);
        if (password != null) {
            login.setProperty("password", password);
        }
        DriverManager.getConnection(server.url("shop"), login).close();
    }

    @Test
    void nobodyGetsInWithoutThePassword() throws SQLException {
        String ofShop = Objects.requireNonNull(server.dataSource("shop", "shop").getPassword());
        for (String role : List.of("postgres", "shop", "poller")) {
            for (String password : new @Nullable String[] {null, "", role, "postgres", ofShop}) {
                if (!role.equals("shop") || !ofShop.equals(password)) {
                    assertThatThrownBy(() -> connect(role, password))
                            .as("%s with %s", role, password)
                            .isInstanceOfSatisfying(
                                    SQLException.class,
                                    refused -> assertThat(refused.getSQLState()).isIn("28P01", "08004"));
                }
            }
        }
        connect("shop", ofShop);
        server.dataSource("shop", "poller").getConnection().close();
        assertThat(server.version()).startsWith("PostgreSQL ");
    }

    @Test
    void itListensOnTheLoopbackAloneAndTrustsNobody() throws IOException {
        Path data = Objects.requireNonNull(passwordFile.getParent()).resolve("data");
        List<String> running = Files.readAllLines(data.resolve("postmaster.pid"));
        assertThat(running.get(4)).as("directory of a socket").isEmpty();
        assertThat(running.get(5)).as("address").isEqualTo("localhost");
        try (var rules = Files.lines(data.resolve("pg_hba.conf"))) {
            assertThat(rules.filter(rule -> rule.matches("(local|host).*")))
                    .isNotEmpty()
                    .allMatch(rule -> rule.endsWith("scram-sha-256"));
        }
    }

    /** Neither by the command line of a process nor by a file. */
    @Test
    void nobodyElseCanReadAPassword() throws SQLException, IOException {
        String password =
                Objects.requireNonNull(server.dataSource("shop", "shop").getPassword());
        Path file = passwordFile;

        assertThat(Files.readString(file)).isEqualTo("localhost:" + server.port() + ":shop:shop:" + password + "\n");
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(Objects.requireNonNull(file.getParent()))))
                    .isEqualTo("rwx------");
        }
        assertThat(Objects.requireNonNull(file.getParent()).resolve("superuser"))
                .doesNotExist();
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().commandLine().stream())
                        .toList())
                .isNotEmpty()
                .noneMatch(command -> command.contains(password));
    }

    @Test
    void theFileLetsItsOwnerIn() throws SQLException, IOException {
        String before = System.getProperty("org.postgresql.pgpassfile");
        System.setProperty("org.postgresql.pgpassfile", passwordFile.toString());
        try {
            connect("shop", null);
        } finally {
            if (before == null) {
                System.clearProperty("org.postgresql.pgpassfile");
            } else {
                System.setProperty("org.postgresql.pgpassfile", before);
            }
        }
    }
}
