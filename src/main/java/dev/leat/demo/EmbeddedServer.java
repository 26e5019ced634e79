package dev.leat.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL of the demo's own: binaries and data in one temporary directory, which {@link #close} removes. */
final class EmbeddedServer implements AutoCloseable {

    private final Path directory;
    private final EmbeddedPostgres postgres;

    private EmbeddedServer(Path directory, EmbeddedPostgres postgres) {
        this.directory = directory;
        this.postgres = postgres;
    }

    static EmbeddedServer start() throws IOException {
        Path directory = Files.createTempDirectory("leat-demo-");
        // Else the library keeps a directory for all users of the machine, whoever comes first owns it.
        System.setProperty("ot.epg.working-dir", directory.resolve("binaries").toString());
        try {
            return new EmbeddedServer(
                    directory,
                    EmbeddedPostgres.builder()
                            .setPgBinaryResolver(EmbeddedServer::binaries)
                            .setDataDirectory(directory.resolve("data").toFile())
                            // The demo stops the server itself, after the pollers.
                            .setRegisterShutdownHook(false)
                            .start());
        } catch (IOException | RuntimeException e) {
            remove(directory);
            throw e;
        }
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

    /** Creates a role that may log in and nothing else. */
    void createRole(String name) throws SQLException {
        Truth.run(postgres.getPostgresDatabase(), "CREATE ROLE " + name + " LOGIN");
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

    /** Connections of a role; the server trusts whoever reaches it on this machine. */
    PGSimpleDataSource dataSource(String database, String role) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(url(database));
        dataSource.setUser(role);
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
