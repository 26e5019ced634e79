package dev.leat.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The demo's own PostgreSQL: binaries and data are in a temporary directory, which {@link #close} removes. Other users of this machine can
 * reach its port, and a superuser of PostgreSQL can run programs. So every role has a random password, which is new at each start.
 */
final class EmbeddedServer implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int PASSWORD_BYTES = 24;

    private final Path directory;
    private final EmbeddedPostgres postgres;
    private final Map<String, String> passwords = new HashMap<>();

    private EmbeddedServer(Path directory, EmbeddedPostgres postgres) {
        this.directory = directory;
        this.postgres = postgres;
    }

    static EmbeddedServer start() throws IOException {
        // The JDK creates it for this user only.
        Path directory = Files.createTempDirectory("leat-demo-");
        // By default the library uses one directory for all users of the machine, and the first user owns it.
        System.setProperty("ot.epg.working-dir", directory.resolve("binaries").toString());
        try {
            String password = drawn();
            Path file = secretFile(directory.resolve("superuser"), password);
            EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                    .setPgBinaryResolver(EmbeddedServer::binaries)
                    .setDataDirectory(directory.resolve("data").toFile())
                    // The library passes these on to initdb, after its own --auth=trust. So the server asks for a
                    // password from the
                    // start.
                    .setLocaleConfig("auth", "scram-sha-256")
                    .setLocaleConfig("pwfile", file.toString())
                    .setConnectConfig("password", password)
                    .setServerConfig("listen_addresses", "localhost")
                    .setServerConfig("unix_socket_directories", "")
                    // The demo stops the server itself, after the pollers.
                    .setRegisterShutdownHook(false)
                    .start();
            Files.delete(file);
            return new EmbeddedServer(directory, postgres);
        } catch (IOException | RuntimeException e) {
            remove(directory);
            throw e;
        }
    }

    private static String drawn() {
        byte[] bytes = new byte[PASSWORD_BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Creates a file that others cannot read at any time. */
    private static Path secretFile(Path file, String line) throws IOException {
        if (Files.getFileStore(file.getParent()).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return Files.writeString(file, line + "\n");
    }

    /** The archive of PostgreSQL in the jar. The build puts in one, that of its own platform. */
    private static InputStream binaries(String system, String machine) {
        String platform = system.toLowerCase(Locale.ROOT) + "-" + machine.replace("aarch64", "arm_64");
        InputStream archive = EmbeddedServer.class.getResourceAsStream("/postgres-" + platform + ".txz");
        if (archive == null) {
            throw new IllegalStateException(
                    "this jar has no PostgreSQL for " + platform + ": build the jar on this machine");
        }
        return archive;
    }

    /** Creates a role that may log in, with a password of its own, and nothing else. */
    void createRole(String name) throws SQLException {
        String password = drawn();
        Truth.run(postgres.getPostgresDatabase(), "CREATE ROLE " + name + " LOGIN");
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            // The server gets a verifier instead of the password, which it might log.
            connection.unwrap(PGConnection.class).alterUserPassword(name, password.toCharArray(), "scram-sha-256");
        }
        passwords.put(name, password);
    }

    /** Creates a file for {@code PGPASSFILE}, with which {@code psql} can log in as that role. Only this user can read it. */
    Path passwordFile(String database, String role) throws IOException {
        return secretFile(
                directory.resolve(role + ".pgpass"),
                String.join(":", "localhost", Integer.toString(port()), database, role, password(role)));
    }

    private String password(String role) {
        return Objects.requireNonNull(passwords.get(role), role);
    }

    void createDatabase(String name, String owner) throws SQLException {
        Truth.run(postgres.getPostgresDatabase(), "CREATE DATABASE " + name + " OWNER " + owner);
    }

    /** The version, such as {@code PostgreSQL 18.6}. */
    String version() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            return "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion();
        }
    }

    /** Connections of a role that {@link #createRole} has created. */
    PGSimpleDataSource dataSource(String database, String role) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(url(database));
        dataSource.setUser(role);
        dataSource.setPassword(password(role));
        return dataSource;
    }

    String url(String database) {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + database;
    }

    int port() {
        return postgres.getPort();
    }

    @Override
    public void close() throws IOException {
        try {
            postgres.close();
        } finally {
            remove(directory);
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.deleteIfExists(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
