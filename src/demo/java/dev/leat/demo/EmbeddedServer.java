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
 * A PostgreSQL of the demo's own: binaries and data in one temporary directory, which {@link #close} removes. Other users of
 * this machine can reach its port, and a superuser of PostgreSQL can run programs, so every role has a password that is drawn
 * when the server starts.
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
        // The JDK makes it for this user alone.
        Path directory = Files.createTempDirectory("leat-demo-");
        // Else the library keeps a directory for all users of the machine, whoever comes first owns it.
        System.setProperty("ot.epg.working-dir", directory.resolve("binaries").toString());
        try {
            String password = drawn();
            Path file = secretFile(directory.resolve("superuser"), password);
            EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                    .setPgBinaryResolver(EmbeddedServer::binaries)
                    .setDataDirectory(directory.resolve("data").toFile())
                    // What goes by this name is handed on to initdb. It comes after the library's own
                    // --auth=trust, so that the server asks for the password whenever it listens.
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

    /** A file that has never been readable for others. */
    private static Path secretFile(Path file, String line) throws IOException {
        if (Files.getFileStore(file.getParent()).supportsFileAttributeView(PosixFileAttributeView.class)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        return Files.writeString(file, line + "\n");
    }

    /** The archive that the build has put into the jar: of one platform, the one that it was built on. */
    private static InputStream binaries(String system, String machine) {
        String platform = system.toLowerCase(Locale.ROOT) + "-" + machine.replace("aarch64", "arm_64");
        InputStream archive = EmbeddedServer.class.getResourceAsStream("/postgres-" + platform + ".txz");
        if (archive == null) {
            throw new IllegalStateException(
                    "this jar carries no PostgreSQL for " + platform + ": build it on this machine");
        }
        return archive;
    }

    /** Creates a role that may log in, with a password of its own, and nothing else. */
    void createRole(String name) throws SQLException {
        String password = drawn();
        Truth.run(postgres.getPostgresDatabase(), "CREATE ROLE " + name + " LOGIN");
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            // The server gets what it needs to check the password, not the password, which it might log.
            connection.unwrap(PGConnection.class).alterUserPassword(name, password.toCharArray(), "scram-sha-256");
        }
        passwords.put(name, password);
    }

    /** A file with which {@code psql} and others log in as that role, by {@code PGPASSFILE}. Only this user can read it. */
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

    /** Such as {@code PostgreSQL 18.6}. */
    String version() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
            return "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion();
        }
    }

    /** Connections of a role, which {@link #createRole} has created. */
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
