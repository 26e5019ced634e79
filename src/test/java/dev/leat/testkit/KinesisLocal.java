package dev.leat.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The third-party emulator kinesis-local, as a Node process. Node and npm must be on the PATH. The package is installed below {@code
 * target} if it is missing.
 */
public final class KinesisLocal implements AutoCloseable {

    private static final String VERSION = "0.6.2";
    private static final Path HOME = Path.of("target", "kinesis-local").toAbsolutePath();

    private final Process process;
    private final URI endpoint;

    private KinesisLocal(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    /** Starts it on a free port and returns once it answers. Where it cannot be had, see {@link NodeModules#need}. */
    public static KinesisLocal start() {
        NodeModules.need(HOME, "kinesis-local", VERSION);
        return run();
    }

    /** What an SDK client takes as endpoint override. */
    public URI endpoint() {
        return endpoint;
    }

    private static Path main() {
        return HOME.resolve(Path.of("node_modules", "kinesis-local", "main.js"));
    }

    private static Process begin(ProcessBuilder command) {
        try {
            Files.createDirectories(HOME);
            File log = HOME.resolve("log").toFile();
            return command.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KinesisLocal run() {
        int port = freePort();
        ProcessBuilder command = new ProcessBuilder("node", main().toString());
        command.environment()
                .put(
                        "KINESIS_MOCK_CERT_PATH",
                        main().resolveSibling("server.json").toString());
        command.environment().put("KINESIS_MOCK_PLAIN_PORT", Integer.toString(port));
        command.environment().put("KINESIS_MOCK_TLS_PORT", Integer.toString(freePort()));
        command.environment().put("SHARD_LIMIT", "500");
        command.environment().put("LOG_LEVEL", "ERROR");
        for (String change :
                List.of("CREATE_STREAM", "DELETE_STREAM", "SPLIT_SHARD", "MERGE_SHARDS", "UPDATE_SHARD_COUNT")) {
            command.environment().put(change + "_DURATION", "10ms");
        }
        KinesisLocal started = new KinesisLocal(begin(command), URI.create("http://127.0.0.1:" + port));
        Runtime.getRuntime().addShutdownHook(new Thread(started::close));
        Await.until("kinesis-local to answer", Duration.ofSeconds(60), started::answers);
        return started;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new AssertionError(
                    "kinesis-local ended with status " + process.exitValue() + "; see " + HOME.resolve("log"));
        }
        try {
            HttpRequest request = HttpRequest.newBuilder(endpoint.resolve("/healthcheck"))
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while kinesis-local started", e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
