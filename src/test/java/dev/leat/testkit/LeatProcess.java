package dev.leat.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A runnable jar as a process, on the JDK of the tests. Its output goes to a file below {@code target/processes}. Processes that still run
 * when this JVM ends are killed.
 */
public final class LeatProcess implements AutoCloseable {

    /** The jar that runs in production, as the build has packaged it. */
    public static final Path JAR = Path.of("target", "leat.jar");

    /** The jar of the demo and the local stream. */
    public static final Path DEMO_JAR = Path.of("target", "leat-demo.jar");

    private static final Path LAUNCHER = Path.of("target", "leat");
    private static final String JAVA_HOME = System.getProperty("java.home");
    /** For a process that starts quickly: several of them share the machine with a database. */
    private static final List<String> QUICK = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private static final Path LOGS = Path.of("target", "processes");
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int EXIT_SECONDS = 60;
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);
    private static boolean warm;

    private final Process process;
    private final Path log;

    private LeatProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Where a process finds its database and its stream, by the environment names of the contract.
     *
     * @param more variables that are added, or put in the place of those
     */
    public record Environment(
            TestDatabase database, String role, URI endpoint, String stream, Map<String, String> more) {

        public Environment(TestDatabase database, String role, URI endpoint, String stream) {
            this(database, role, endpoint, stream, Map.of());
        }

        /** The same with one variable more. */
        public Environment with(String name, String value) {
            Map<String, String> all = new HashMap<>(more);
            all.put(name, value);
            return new Environment(database, role, endpoint, stream, all);
        }

        /** The same with the database behind a proxy, which leads to its server. */
        public Environment databaseThrough(TcpProxy proxy) {
            return with("LEAT_DATABASE_URL", "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/" + database.name());
        }

        /** The same with the stream behind a proxy, which leads to its endpoint. */
        public Environment streamThrough(TcpProxy proxy) {
            return with("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:" + proxy.port());
        }

        Map<String, String> variables() {
            Map<String, String> variables = new HashMap<>();
            variables.put("LEAT_DATABASE_URL", database.url());
            variables.put("LEAT_DATABASE_USERNAME", role);
            variables.put("LEAT_DATABASE_PASSWORD", TestServer.password());
            variables.put("LEAT_STREAM", stream);
            variables.put("AWS_REGION", "us-east-1");
            variables.put("AWS_ACCESS_KEY_ID", "test");
            variables.put("AWS_SECRET_ACCESS_KEY", "test");
            variables.put("AWS_ENDPOINT_URL_KINESIS", endpoint.toString());
            variables.putAll(more);
            return variables;
        }
    }

    /** Starts leat.jar with these arguments, by its launcher and from an archive of its classes: that halves the CPU of a start. */
    public static LeatProcess start(Environment environment, String... arguments) {
        return start(environment, List.of(), arguments);
    }

    /** The same with further options of the JVM. */
    public static LeatProcess start(Environment environment, List<String> options, String... arguments) {
        warm();
        Map<String, String> variables = new HashMap<>(environment.variables());
        List<String> all = new ArrayList<>(QUICK);
        all.add("-Xmx192m");
        all.addAll(options);
        variables.put("LEAT_JAVA_OPTS", String.join(" ", all));
        return start(List.of("sh", LAUNCHER.toString()), variables, List.of(arguments));
    }

    /** Lets the launcher make its archive, once for each jar. */
    private static synchronized void warm() {
        if (warm) {
            return;
        }
        try (FileChannel channel = FileChannel.open(
                        LAUNCHER.resolveSibling("leat.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            // JVMs that test beside each other share it. A jar that is newer than the mark was built after it.
            Path mark = LAUNCHER.resolveSibling("leat.warm");
            if (!Files.exists(mark) || Files.getLastModifiedTime(mark).compareTo(Files.getLastModifiedTime(JAR)) <= 0) {
                Map<String, String> variables = Map.of("LEAT_JAVA_OPTS", String.join(" ", QUICK));
                try (LeatProcess process = start(List.of("sh", LAUNCHER.toString()), variables, List.of("warm"))) {
                    if (process.exitCode() != 0) {
                        throw new AssertionError("leat warm failed:\n" + process.said());
                    }
                }
                Files.writeString(mark, "");
            }
            warm = lock.isValid();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same from the class path of the tests, which needs no package, with further options of the JVM. */
    public static LeatProcess startUnpackaged(Environment environment, List<String> options, String... arguments) {
        List<String> java = java(options);
        java.addAll(List.of("-Xmx192m", "-cp", System.getProperty("java.class.path"), "dev.leat.app.Main"));
        return start(java, environment.variables(), List.of(arguments));
    }

    /** Starts {@code java -jar leat-demo.jar} with these arguments, its temporary files in that directory. */
    public static LeatProcess demo(Path temporary, String... arguments) {
        return start(
                java(List.of("-Djava.io.tmpdir=" + temporary, "-jar", DEMO_JAR.toString())),
                Map.of(),
                List.of(arguments));
    }

    private static List<String> java(List<String> options) {
        List<String> java =
                new ArrayList<>(List.of(Path.of(JAVA_HOME, "bin", "java").toString()));
        java.addAll(QUICK);
        java.addAll(options);
        return java;
    }

    /** With these variables, and none of this process's own settings for Leat and AWS. */
    private static LeatProcess start(List<String> program, Map<String, String> variables, List<String> arguments) {
        List<String> command = new ArrayList<>(program);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("LEAT_") || name.startsWith("AWS_"));
        builder.environment().put("JAVA_HOME", JAVA_HOME);
        builder.environment().putAll(variables);
        try {
            Files.createDirectories(LOGS);
            Path log = LOGS.resolve(
                    ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet() + "-" + arguments.get(0) + ".log");
            LeatProcess started =
                    new LeatProcess(builder.redirectOutput(log.toFile()).start(), log);
            Runtime.getRuntime().addShutdownHook(new Thread(started.process::destroyForcibly));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command to its end; fails unless it exits with 0. Returns what it said. */
    public static String run(Environment environment, String... arguments) {
        try (LeatProcess process = start(environment, arguments)) {
            int code = process.exitCode();
            if (code != 0) {
                throw new AssertionError(
                        "leat " + String.join(" ", arguments) + " exited with " + code + ":\n" + process.said());
            }
            return process.said();
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Everything it has said so far, on both outputs. */
    public String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGSTOP, and returns when every one of its threads stands still. */
    public void pause() {
        Signals.send("STOP", pid());
        Await.until("process " + pid() + " to stand still", STOP_PATIENCE, () -> Signals.stopped(pid()));
    }

    /** SIGCONT. */
    public void resume() {
        Signals.send("CONT", pid());
    }

    /** SIGKILL, and waits until it is gone. */
    public void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** SIGTERM: it finishes what it holds. */
    public void terminate() {
        process.destroy();
    }

    /** Waits for its end; after a minute fails with what it said. */
    public int exitCode() {
        try {
            if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(log + " did not end in " + EXIT_SECONDS + " s:\n" + said());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a process ran", e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
