package dev.leat.mistakes;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** A copy of the project in its own directory, where a test can break, compile and test it. */
final class BrokenCopy {

    /** The name of the copy without a mistake. */
    static final String SOUND = "sound";

    private static final Path COPIES = Path.of("target", "mistakes");
    private static final Path CLASSES = Path.of("target", "classes");
    private static final List<String> PARTS = List.of("pom.xml", "src/main", "src/demo", "db", CLASSES.toString());
    private static final long MINUTES = 10;

    private final Path project;

    private BrokenCopy(Path project) {
        this.project = project;
    }

    /** Copies the sources and the classes of the project in the working directory, and makes the edits. */
    static BrokenCopy of(String name, List<Mistake.Edit> edits) throws IOException {
        Path directory = COPIES.resolve(name).toAbsolutePath();
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
    void compile() throws IOException {
        Path classes = project.resolve(CLASSES);
        copy(project.resolve("db/migration"), classes.resolve("dev/leat/migration"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> product = Files.walk(project.resolve("src/main/java"));
                Stream<Path> demo = Files.walk(project.resolve("src/demo/java"))) {
            List<Path> java = Stream.concat(product, demo)
                    .filter(path -> path.toString().endsWith(".java"))
                    .toList();
            StringWriter messages = new StringWriter();
            List<String> options =
                    List.of("--release", "17", "-nowarn", "-proc:none", "-cp", classPath(), "-d", classes.toString());
            boolean compiled = compiler.getTask(
                            messages, files, null, options, null, files.getJavaFileObjectsFromPaths(java))
                    .call();
            if (!compiled) {
                throw new IllegalStateException(project + " does not compile: " + messages);
            }
        }
    }

    /**
     * Runs tests in a JVM of its own, with the options of this one. They print to {@link #log()}.
     *
     * @param tests as {@code package.Class#method}
     */
    SelectedTests.Result test(List<String> tests, String databaseUrl) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // The template database is made from the copy's migrations; the tests of this JVM keep theirs.
        command.add("-Dleat.test.fork=" + System.getProperty("leat.test.fork", "") + "_mistakes");
        command.addAll(List.of("-cp", classPath(), SelectedTests.class.getName()));
        command.addAll(tests);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log().toFile());
        builder.environment().put("LEAT_TEST_DATABASE_URL", databaseUrl);
        Process process = builder.start();
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new IllegalStateException(tests + " did not end in " + MINUTES + " min");
        }
        return SelectedTests.Result.of(process.exitValue());
    }

    Path log() {
        return project.resolve("target/test.log");
    }

    /** The class path of this JVM, with the classes of the copy in place of the project's. */
    private String classPath() {
        String own = CLASSES.toAbsolutePath().toString();
        List<String> entries =
                Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator));
        int at = entries.indexOf(own);
        if (at < 0) {
            throw new IllegalStateException(own + " is not on the class path: " + entries);
        }
        entries.set(at, project.resolve(CLASSES).toString());
        return String.join(File.pathSeparator, entries);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
