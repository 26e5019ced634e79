package dev.leat.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data directories of servers. Those of {@link OwnServer}s are copied from one that has {@link TestServer}'s template.
 *
 * <p>They are in memory where the system has enough of it for files. Each test creates a database and drops it, and file systems on disks take
 * longer over the files of a database than PostgreSQL over a test.
 */
final class DataDirectory {

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ENOUGH = 6L << 30;
    private static final String PREFIX = "leat-postgres-";

    private static final Path PARENT = parent();

    private static @Nullable Path template;
    private static @Nullable Path binaries;

    private DataDirectory() {}

    private static Path parent() {
        try {
            if (Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= ENOUGH) {
                deleteOfEnded();
                return MEMORY;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** A JVM that is killed leaves its directories. */
    private static void deleteOfEnded() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(MEMORY, PREFIX + "*")) {
            for (Path directory : left) {
                long owner = Long.parseLong(directory
                        .getFileName()
                        .toString()
                        .substring(PREFIX.length())
                        .replaceFirst("-.*", ""));
                if (ProcessHandle.of(owner).isEmpty()) {
                    delete(directory);
                }
            }
        }
    }

    /** A new directory without files. */
    static Path empty() {
        try {
            return Files.createTempDirectory(
                    PARENT, PREFIX + ProcessHandle.current().pid() + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

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
            Path data = empty();
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
            Path copy = empty();
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
