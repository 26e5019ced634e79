package dev.leat.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A real PgBouncer in front of the server of a test database. Closing it ends it and removes its files. */
public final class PgBouncer implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final Process process;
    private final int port;

    private PgBouncer(Path directory, Process process, int port) {
        this.directory = directory;
        this.process = process;
        this.port = port;
    }

    /**
     * Starts one on a free port and returns when it answers. Where none is installed, aborts the calling test; with {@code
     * LEAT_REQUIRE_PGBOUNCER=true} in the environment fails it.
     *
     * @param roles that may log in, beside the owner
     * @param settings of its section {@code pgbouncer}, beside address, users and log
     */
    public static PgBouncer start(TestDatabase database, List<String> roles, Map<String, String> settings) {
        Path program = program();
        try {
            Path directory = Files.createTempDirectory("pgbouncer");
            int port;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
            URI server = URI.create(database.url().substring("jdbc:".length()));
            Path users = directory.resolve("users.txt");
            Files.write(
                    users,
                    Stream.concat(Stream.of(TestServer.OWNER), roles.stream())
                            .map(role -> "\"" + role + "\" \"" + TestServer.password() + "\"")
                            .toList());
            Path file = directory.resolve("pgbouncer.ini");
            Files.writeString(
                    file,
                    "[databases]\n* = host=" + server.getHost() + " port=" + server.getPort() + "\n[pgbouncer]\n"
                            + "listen_addr = 127.0.0.1\nlisten_port = " + port + "\nunix_socket_dir =\n"
                            + "auth_type = scram-sha-256\nauth_file = " + users + "\n"
                            + settings.entrySet().stream()
                                    .map(setting -> setting.getKey() + " = " + setting.getValue() + "\n")
                                    .collect(Collectors.joining()));
            List<String> command = new ArrayList<>();
            if ("root".equals(System.getProperty("user.name"))) {
                // It refuses to run as root; in a user namespace of its own it is nobody.
                command.addAll(List.of("unshare", "-U"));
            }
            command.addAll(List.of(program.toString(), file.toString()));
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            PgBouncer started = new PgBouncer(directory, process, port);
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            Await.until("PgBouncer to listen", PATIENCE, () -> {
                if (!process.isAlive()) {
                    throw new AssertionError("PgBouncer did not start:\n" + started.said());
                }
                return started.said().contains("process up");
            });
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path program() {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        for (String directory : path.split(File.pathSeparator, -1)) {
            Path program = Path.of(directory, "pgbouncer");
            if (Files.isExecutable(program)) {
                return program;
            }
        }
        String message = "PgBouncer was not tried: it is not installed (apt-get install pgbouncer)";
        if ("true".equals(System.getenv("LEAT_REQUIRE_PGBOUNCER"))) {
            throw new AssertionError(message);
        }
        return Assumptions.abort(message);
    }

    /** Whether it keeps prepared statements apart by itself, as since 1.21. */
    public static boolean preparesStatements() {
        try {
            Process version = new ProcessBuilder(program().toString(), "--version").start();
            String said = new String(version.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            String[] numbers = said.lines()
                    .findFirst()
                    .orElse("")
                    .replaceAll("[^0-9.]", "")
                    .split("\\.");
            return Integer.parseInt(numbers[0]) > 1 || Integer.parseInt(numbers[1]) >= 21;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JDBC URL of a database behind it, without user and password. */
    public String url(TestDatabase database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database.name();
    }

    /**
     * A client.
     *
     * @param parameters of the URL, such as {@code prepareThreshold=0}
     */
    public Connection connect(TestDatabase database, String role, String parameters) throws SQLException {
        return DriverManager.getConnection(url(database) + "?" + parameters, role, TestServer.password());
    }

    /** Everything it has said. */
    public String said() {
        try {
            return Files.readString(directory.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try (Stream<Path> files = Files.list(directory)) {
            process.waitFor();
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
