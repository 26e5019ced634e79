package dev.leat.bench;

import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Debezium Server as a contender: its distribution, unpacked, reading the server's log through a slot that is there already. */
final class Debezium {

    /**
     * Found by trying: it looks for changes all the time, and takes more of them at once. The server must flush a commit at once:
     * with {@code synchronous_commit} off, which is what embedded servers of tests have, a slot's reader waits for the log's next
     * flush, 100 ms on average.
     */
    static final Map<String, String> TUNED = Map.of(
            "debezium.source.poll.interval.ms", "1",
            "debezium.source.max.batch.size", "8192",
            "debezium.source.max.queue.size", "32768");

    private Debezium() {}

    /**
     * That distribution with these settings beside those that it cannot do without.
     *
     * @param java home of a JVM that it runs on
     * @param directory in which {@code lib} lies
     */
    static Contender contender(String name, String java, Path directory, Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "quarkus.log.level",
                "WARN",
                "quarkus.http.port",
                "0",
                // As small as Leat's and the plain poller's.
                "debezium.format.value.schemas.enable",
                "false",
                "debezium.format.key.schemas.enable",
                "false"));
        sink(all);
        source(all);
        all.putAll(settings);
        // Threads of its web server end without it on Java 24 and later.
        List<String> arguments = new ArrayList<>(List.of("{java}", "--add-opens", "java.base/java.lang=ALL-UNNAMED"));
        all.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
        arguments.addAll(
                List.of("-cp", runner(directory) + ":" + directory.resolve("lib") + "/*", "io.debezium.server.Main"));
        return new Contender(name, java, arguments, Source.LOG, "SELECT 1", null);
    }

    private static void sink(Map<String, String> all) {
        all.put("debezium.sink.type", "kinesis");
        all.put("debezium.sink.kinesis.region", "us-east-1");
        all.put("debezium.sink.kinesis.endpoint", "{endpoint}");
        all.put("debezium.transforms", "route");
        all.put("debezium.transforms.route.type", "org.apache.kafka.connect.transforms.RegexRouter");
        all.put("debezium.transforms.route.regex", ".*");
        all.put("debezium.transforms.route.replacement", TestStream.NAME);
    }

    private static void source(Map<String, String> all) {
        String source = "debezium.source.";
        all.put(source + "connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        all.put(source + "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        all.put(source + "database.hostname", "{host}");
        all.put(source + "database.port", "{port}");
        all.put(source + "database.dbname", "{database}");
        // A role that may replicate.
        all.put(source + "database.user", "postgres");
        all.put(source + "database.password", TestServer.password());
        all.put(source + "topic.prefix", "bench");
        all.put(source + "table.include.list", "public.item");
        all.put(source + "plugin.name", "pgoutput");
        all.put(source + "slot.name", Source.SLOT);
        all.put(source + "publication.name", Source.SLOT);
        all.put(source + "publication.autocreate.mode", "disabled");
        all.put(source + "snapshot.mode", "no_data");
    }

    private static Path runner(Path directory) {
        try (var files = Files.newDirectoryStream(directory, "debezium-server-*runner.jar")) {
            for (Path file : files) {
                return file;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalArgumentException(
                directory + " holds no debezium-server-*runner.jar: unpack the distribution of Debezium Server there");
    }
}
