package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.leat.localstream.LocalStream;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class RunCommandTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final LocalStream streams = LocalStream.start();

    @AutoClose
    private final LocalAws aws = LocalAws.of(streams);

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));

    @BeforeEach
    void prepare() {
        database.run("SELECT leat.grant_poller('leat_poller'); CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                + "SELECT leat.attach('public.orders')");
        streams.createStream("changes", 2);
        cli.environment.put("LEAT_STREAM", "changes");
    }

    private void assertRefused(int exitCode, String... says) {
        CliRun.Result result = cli.leat("run");
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).startsWith("leat: ").contains(says).doesNotContain("Exception:", "\tat ");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    @Test
    void changesAreCarriedUntilItIsStopped() throws Exception {
        CompletableFuture<CliRun.Result> run = CompletableFuture.supplyAsync(() -> cli.leat("run", "--retain", "1d"));
        database.run("INSERT INTO orders VALUES (1, 'a'), (2, 'b')");
        Await.until("two records", LONG, () -> streams.recordCount("changes") == 2 || run.isDone());
        database.run("UPDATE orders SET note = 'c' WHERE id = 1");
        Await.until("three records", LONG, () -> streams.recordCount("changes") == 3 || run.isDone());
        Await.until(
                "a poller on the list",
                LONG,
                () -> CliRun.on(database).leat("status").out().contains("1 alive") || run.isDone());
        assertThat(run).isNotDone();

        cli.stop.countDown();
        CliRun.Result result = run.get(60, TimeUnit.SECONDS);

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.err()).isEmpty();
        assertThat(new String(streams.records("changes").get(0).data(), StandardCharsets.UTF_8))
                .contains("\"name\":\"" + database.name() + "\"");
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox")).isEqualTo("0");
        assertThat(database.value("SELECT count(*) FROM leat_internal.sent")).isEqualTo("3");
        assertThat(database.value("SELECT count(*) FROM leat_internal.poller")).isEqualTo("0");
        assertThat(database.value("SELECT sum(published) FROM leat_poller.counter"))
                .isEqualTo("3");
    }

    @Test
    void theStreamDoesNotExist() {
        cli.environment.put("LEAT_STREAM", "nowhere");
        assertRefused(5, "stream nowhere does not exist at http://127.0.0.1:", "create it, or set LEAT_STREAM");
    }

    @Test
    void theStreamsArnNamesNoneOfTheStreams() {
        cli.environment.put("LEAT_STREAM", "arn:aws:kinesis:us-east-1:000000000000:stream/nowhere");
        assertRefused(5, "nowhere does not exist");
    }

    @Test
    void thereIsNoRegion() {
        aws.set("aws.region", null);
        assertRefused(5, "no AWS region is set: set AWS_REGION");
    }

    @Test
    void thereAreNoCredentials() {
        aws.set("aws.accessKeyId", null);
        aws.set("aws.secretAccessKey", null);
        assertRefused(5, "no AWS credentials were found: set AWS_ACCESS_KEY_ID");
    }

    @Test
    void nothingAnswersAtTheEndpoint() {
        aws.set("aws.endpointUrlKinesis", "http://127.0.0.1:1");
        assertRefused(5, "no connection to Kinesis at http://127.0.0.1:1", "AWS_ENDPOINT_URL_KINESIS");
    }

    @Test
    void theEndpointsHostIsUnknown() {
        aws.set("aws.endpointUrlKinesis", "http://no-such-host.invalid:4567");
        assertRefused(
                5, "no connection to Kinesis at http://no-such-host.invalid:4567", "unknown host no-such-host.invalid");
    }

    @Test
    void theEndpointIsNoUrl() {
        aws.set("aws.endpointUrlKinesis", "localhost");
        assertRefused(5, "AWS_ENDPOINT_URL_KINESIS");
    }

    /** What answers every request like that. */
    private HttpServer answering(int status, byte[] bytes) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        aws.set(
                "aws.endpointUrlKinesis",
                "http://127.0.0.1:" + server.getAddress().getPort());
        return server;
    }

    private HttpServer refusing(String code) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (CBORGenerator out = new CBORFactory().createGenerator(body)) {
            out.writeStartObject();
            out.writeStringField("__type", code);
            out.writeStringField("message", "The security token included in the request is not valid");
            out.writeEndObject();
        }
        return answering(400, body.toByteArray());
    }

    @Test
    void theCredentialsHaveExpired() throws IOException {
        HttpServer server = refusing("ExpiredTokenException");
        assertRefused(5, "ExpiredTokenException", "renew them", "clock");
        server.stop(0);
    }

    @Test
    void theCredentialsAreWrong() throws IOException {
        HttpServer server = refusing("UnrecognizedClientException");
        assertRefused(5, "UnrecognizedClientException", "check AWS_ACCESS_KEY_ID or AWS_PROFILE");
        server.stop(0);
    }

    @Test
    void anotherServiceAnswers() throws IOException {
        HttpServer server = answering(404, "<html>not here</html>".getBytes(StandardCharsets.UTF_8));
        assertRefused(5, "does not speak as Kinesis does", "status 404", "AWS_ENDPOINT_URL_KINESIS");
        server.stop(0);
    }

    @Test
    void theProfileDoesNotExist() {
        aws.set("aws.accessKeyId", null);
        aws.set("aws.secretAccessKey", null);
        aws.set("aws.profile", "no-such-profile");
        assertRefused(5, "no AWS credentials were found", "AWS_PROFILE");
    }

    @Test
    void theRegionCannotBe() {
        aws.set("aws.region", "eu central 1");
        aws.set("aws.endpointUrlKinesis", null);
        assertRefused(5, "AWS_REGION");
    }

    @Test
    void theRegionDoesNotExist() {
        aws.set("aws.region", "eu-centrall-1");
        aws.set("aws.endpointUrlKinesis", null);
        assertRefused(5, "eu-centrall-1", "check AWS_REGION");
    }

    @Test
    void theRoleHasNoRights() {
        CliRun stranger = CliRun.on(database, database.role("leat_stranger"));
        stranger.environment.put("LEAT_STREAM", "changes");
        CliRun.Result result = stranger.leat("run");
        assertThat(result.errLines()).as(result.toString()).hasSize(1);
        assertThat(result.err()).contains("permission denied", "leat.grant_poller");
        assertThat(result.exitCode()).isEqualTo(3);
    }
}
