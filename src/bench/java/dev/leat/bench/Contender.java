package dev.leat.bench;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A measured program that publishes changes to a stream. It runs as a process, started as a user starts it.
 *
 * @param name its name in the printed tables
 * @param java the home of the JVM that runs it
 * @param command in which {@code {java}}, {@code {host}}, {@code {port}}, {@code {database}} and {@code {endpoint}} are replaced
 * @param source where it finds the changes
 * @param setup SQL that is run in the database first
 * @param migratedBy the jar that installs the schema; null: this build's
 */
record Contender(
        String name,
        String java,
        List<String> command,
        Source source,
        String setup,
        @Nullable Path migratedBy) {

    private static final File LOG = new File("target/bench.log");
    private static final String JAVA = System.getProperty("java.home");

    /** The packaged jar, with these options of {@code run}. */
    static Contender leat(String name, String... options) {
        return leat(name, Path.of(System.getProperty("leat.bench.jar", "target/leat.jar")), null, options);
    }

    /** Another jar of Leat, on the schema that it installs itself. */
    static Contender other(String name, Path jar, String... options) {
        return leat(name, jar, jar, options);
    }

    /** The launcher beside the packaged jar, on that JVM. */
    static Contender launched(String name, String java, String... options) {
        List<String> command = new ArrayList<>(List.of("target/leat", "run"));
        command.addAll(List.of(options));
        return new Contender(name, java, command, Source.OUTBOX, "SELECT 1", null);
    }

    /** Creates the archive of classes for the launcher, as a person does after an installation. */
    void warm() {
        try (TestDatabase database = database()) {
            if (start(List.of("target/leat", "warm"), database, null)
                            .onExit()
                            .join()
                            .exitValue()
                    != 0) {
                throw new IllegalStateException("target/leat warm failed: see " + LOG);
            }
        }
    }

    private static Contender leat(String name, Path jar, @Nullable Path migratedBy, String... options) {
        List<String> command = new ArrayList<>(List.of("{java}", "-jar", jar.toString(), "run"));
        command.addAll(List.of(options));
        return new Contender(name, JAVA, command, Source.OUTBOX, "SELECT 1", migratedBy);
    }

    /** The baseline, which polls every 100 ms if there is nothing to do. */
    static Contender plain(int workers) {
        return plain("plain poller, " + workers + (workers == 1 ? " worker" : " workers"), workers, 100);
    }

    /** The same with another poll interval, in milliseconds. */
    static Contender plain(String name, int workers, int rest) {
        return new Contender(
                name,
                JAVA,
                List.of(
                        "{java}",
                        "-cp",
                        classPath(),
                        PlainPoller.class.getName(),
                        String.valueOf(workers),
                        String.valueOf(rest)),
                Source.OUTBOX,
                // Leat's own index begins with the lane, which this poller does not know.
                "CREATE INDEX ON leat_internal.outbox (id)",
                null);
    }

    /** Whether it promises order and that nothing is lost, so that a benchmark in which it does not is a failure. */
    boolean promises() {
        return name.startsWith("leat");
    }

    /** Classes of the tests, and the packaged jar for what they use. */
    private static String classPath() {
        return Path.of("target", "test-classes") + File.pathSeparator + Path.of("target", "leat.jar");
    }

    /** A database for it: with the schema, and with what the contender needs beside that. */
    TestDatabase database() {
        TestDatabase database = migratedBy == null
                ? TestServer.shared().database()
                : TestServer.shared().emptyDatabase();
        if (migratedBy != null) {
            Process migration = start(List.of("{java}", "-jar", migratedBy.toString(), "migrate"), database, null);
            if (migration.onExit().join().exitValue() != 0) {
                database.close();
                throw new IllegalStateException(migratedBy + " did not migrate: see " + LOG);
            }
        }
        database.run(setup);
        return database;
    }

    /**
     * Starts it, with the JVM's options of the system property {@code leat.bench.java-options}; what it says goes to {@code
     * target/bench.log}.
     */
    Process start(TestDatabase database, TestStream stream) {
        return start(command, database, stream);
    }

    private Process start(List<String> template, TestDatabase database, @Nullable TestStream stream) {
        URI place = URI.create(database.url().substring("jdbc:".length()));
        String endpoint = stream == null ? "" : stream.local().endpoint().toString();
        String options = System.getProperty("leat.bench.java-options", "");
        List<String> arguments = new ArrayList<>();
        for (String argument : template) {
            arguments.add(
                    argument.replace("{java}", Path.of(java, "bin", "java").toString())
                            .replace("{host}", place.getHost())
                            .replace("{port}", String.valueOf(place.getPort()))
                            .replace("{database}", database.name())
                            .replace("{endpoint}", endpoint));
            if (argument.equals("{java}") && !options.isEmpty()) {
                arguments.addAll(List.of(options.split(" ")));
            }
        }
        ProcessBuilder builder = new ProcessBuilder(arguments).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(LOG));
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LEAT_") || name.startsWith("AWS_"));
        environment.put("JAVA_HOME", java);
        environment.put("LEAT_JAVA_OPTS", options);
        environment.put("LEAT_DATABASE_URL", database.url());
        environment.put("LEAT_DATABASE_USERNAME", TestServer.OWNER);
        environment.put("LEAT_DATABASE_PASSWORD", TestServer.password());
        environment.put("LEAT_STREAM", TestStream.NAME);
        environment.put("AWS_REGION", "us-east-1");
        environment.put("AWS_ACCESS_KEY_ID", "test");
        environment.put("AWS_SECRET_ACCESS_KEY", "test");
        environment.put("AWS_ENDPOINT_URL_KINESIS", endpoint);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
