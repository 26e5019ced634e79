package dev.leat.mistakes;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A copy of the project in a directory of its own, where it can be broken, compiled and tested. */
final class BrokenCopy {

    private static final List<String> PARTS =
            List.of("pom.xml", "src/main", "src/demo", "db", "target/classes", "target/test-classes");
    private static final long MINUTES = 10;

    private final Path project;

    private BrokenCopy(Path project) {
        this.project = project;
    }

    /** Copies the sources and what was compiled of the project in the working directory, and makes the edits. */
    static BrokenCopy of(Path directory, List<Mistake.Edit> edits) throws IOException {
        delete(directory);
        for (String part : PARTS) {
            copy(Path.of(part), directory.resolve(part));
        }
        for (Mistake.Edit edit : edits) {
            edit.in(directory);
        }
        return new BrokenCopy(directory);
    }

    /**
     * Compiles the sources, all of them, because constants are copied into the classes that use them. The checks of the build
     * are left out: they are not what should catch the mistake.
     *
     * @throws IllegalStateException if they do not compile
     */
    void compile(String classPath) throws IOException {
        Path classes = project.resolve("target/classes");
        copy(project.resolve("db/migration"), classes.resolve("dev/leat/migration"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> product = Files.walk(project.resolve("src/main/java"));
                Stream<Path> demo = Files.walk(project.resolve("src/demo/java"))) {
            List<Path> java = Stream.concat(product, demo)
                    .filter(path -> path.toString().endsWith(".java"))
                    .toList();
            StringWriter said = new StringWriter();
            List<String> options =
                    List.of("--release", "17", "-nowarn", "-proc:none", "-cp", classPath, "-d", classes.toString());
            boolean compiled = compiler.getTask(
                            said, files, null, options, null, files.getJavaFileObjectsFromPaths(java))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(project + " does not compile: " + said);
            }
        }
    }

    /** Runs tests, as Surefire's patterns name them, with Maven; returns what became of them. */
    TestReport test(String tests, String databaseUrl) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(maven(), "-B", "surefire:test", "-Pfull", "-DforkCount=1", "-Dtest=" + tests));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectErrorStream(true)
                .redirectOutput(project.resolve("target/test.log").toFile());
        builder.environment().put("LEAT_TEST_DATABASE_URL", databaseUrl);
        Process process = builder.start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new IllegalStateException(tests + " did not end in " + MINUTES + " min");
        }
        return TestReport.read(project.resolve("target/surefire-reports"));
    }

    private static String maven() {
        String home = System.getProperty("maven.home");
        return home == null
                ? "mvn"
                : Path.of(home, "bin", File.separatorChar == '/' ? "mvn" : "mvn.cmd")
                        .toString();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(path, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(java.util.Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
