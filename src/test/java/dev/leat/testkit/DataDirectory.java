package dev.leat.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Data directories of servers, all copied from one that has {@link TestServer}'s template. */
final class DataDirectory {

    private static @Nullable Path template;
    private static @Nullable Path binaries;

    private DataDirectory() {}

    /** Where the programs of the embedded PostgreSQL lie. */
    static synchronized Path binaries() {
        prepare();
        return Objects.requireNonNull(binaries);
    }

    /** A new one. */
    static synchronized Path create() {
        prepare();
        return copy(Objects.requireNonNull(template));
    }

    private static void prepare() {
        if (template != null) {
            return;
        }
        try {
            Path data = Files.createTempDirectory("leat-postgres-template");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(data)));
            try (EmbeddedPostgres embedded = TestServer.embedded(
                    builder -> builder.setDataDirectory(data).setCleanDataDirectory(false))) {
                TestServer server = new TestServer(embedded.getJdbcUrl("postgres", "postgres"), false);
                server.prepareTemplate();
                binaries = Path.of(server.value("SELECT setting FROM pg_config WHERE name = 'BINDIR'"));
            }
            template = data;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy; files that vanish meanwhile, as a running server's do, are left out. */
    static Path copy(Path data) {
        try {
            Path copy = Files.createTempDirectory("leat-postgres");
            Files.walkFileTree(data, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                        throws IOException {
                    if (!directory.equals(data)) {
                        Files.copy(
                                directory,
                                copy.resolve(data.relativize(directory)),
                                StandardCopyOption.COPY_ATTRIBUTES);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    try {
                        Files.copy(file, copy.resolve(data.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                    } catch (NoSuchFileException e) {
                        return FileVisitResult.CONTINUE;
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                    if (e instanceof NoSuchFileException) {
                        return FileVisitResult.CONTINUE;
                    }
                    throw e;
                }
            });
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes one whose server has been stopped. */
    static void delete(Path data) {
        try {
            Files.walkFileTree(data, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
