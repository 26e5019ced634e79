package dev.leat.kinesis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.leat.PollerListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/** Requests without the SDK must equal those of the SDK's client. */
@Timeout(60)
final class DirectPutRecordsTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final DateTimeFormatter AMZ_DATE =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private record Seen(String method, URI uri, Headers headers, byte[] body) {

        String header(String name) {
            return String.valueOf(headers.getFirst(name));
        }

        boolean bySdk() {
            return headers.containsKey("amz-sdk-invocation-id");
        }
    }

    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
    private final Queue<Answer> answers = new ConcurrentLinkedDeque<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private AwsCredentials credentials = AwsBasicCredentials.create("AKIDONE", "first secret");
    private HttpServer server;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            seen.add(new Seen(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI(),
                    exchange.getRequestHeaders(),
                    exchange.getRequestBody().readAllBytes()));
            Answer answer = answers.poll();
            (answer == null ? (Answer) this::accept : answer).to(exchange);
        });
        server.start();
    }

    @AfterEach
    void end() {
        ended.countDown();
        server.stop(0);
    }

    @Test
    void whatFollowsTheFirstRequestIsTheSdksRequestWithItsOwnSignature() throws Exception {
        credentials = AwsSessionCredentials.create("AKIDTWO", "second secret", "a token");
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);

            assertThat(requests.send(requestOfTwo(), TIMEOUT)).isInstanceOf(PutRecordsClient.Answered.class);
            assertThat(requests.send(requestOfTwo(), TIMEOUT))
                    .isInstanceOfSatisfying(
                            PutRecordsClient.Answered.class,
                            answered -> assertThat(answered.results())
                                    .extracting(PutRecordsClient.EntryResult::sequence)
                                    .containsExactly(
                                            "49590338271490256608559692538361571095921575989136588801",
                                            "49590338271490256608559692538361571095921575989136588802"));
        }
        Seen first = seen.take();
        Seen second = seen.take();
        assertThat(first.bySdk()).isTrue();
        assertThat(second.bySdk()).isFalse();
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.uri()).isEqualTo(first.uri());
        Map<String, List<String>> expected = new TreeMap<>(first.headers());
        expected.keySet().removeIf(name -> name.toLowerCase(Locale.ROOT).startsWith("amz-sdk-"));
        assertThat(second.headers().keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        for (String same : List.of("Content-type", "X-amz-target", "User-agent", "X-amz-security-token", "Host")) {
            assertThat(second.headers().get(same)).as(same).isEqualTo(expected.get(same));
        }
        verifySignature(first, "second secret");
        verifySignature(second, "second secret");
    }

    @Test
    void credentialsAreAskedForEachTime() throws Exception {
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            accepted(requests);
            credentials = AwsBasicCredentials.create("AKIDTWO", "second secret");
            accepted(requests);
        }
        seen.take();
        Seen direct = seen.take();
        assertThat(direct.bySdk()).isFalse();
        assertThat(direct.header("Authorization")).contains("Credential=AKIDTWO/");
        verifySignature(direct, "second secret");
    }

    /** Answers that do not accept a request. */
    enum Refusal {
        CBOR_ERROR(400, "application/x-amz-cbor-1.1", Map.of(), "ProvisionedThroughputExceededException", "too much"),
        CBOR_NAMESPACE(400, "application/x-amz-cbor-1.1", Map.of(), "com.amazonaws.kinesis#ValidationException", "no"),
        CBOR_UNAVAILABLE(503, "application/x-amz-cbor-1.1", Map.of(), "ServiceUnavailable", "later"),
        HEADER(
                400,
                "application/x-amz-cbor-1.1",
                Map.of("x-amzn-ErrorType", "AccessDeniedException:http://a"),
                null,
                "denied"),
        PAGE(502, "text/html", Map.of(), null, null),
        EMPTY(500, "application/x-amz-cbor-1.1", Map.of(), null, null),
        TOO_LARGE(413, "text/plain", Map.of(), null, null);

        private final int status;
        private final String type;
        private final Map<String, String> headers;
        private final byte[] body;

        Refusal(int status, String type, Map<String, String> headers, @Nullable String code, @Nullable String message) {
            this.status = status;
            this.type = type;
            this.headers = headers;
            this.body = name().equals("EMPTY")
                    ? new byte[0]
                    : type.contains("cbor")
                            ? cbor(json -> {
                                json.writeStartObject();
                                if (code != null) {
                                    json.writeStringField("__type", code);
                                }
                                json.writeStringField("message", message);
                                json.writeEndObject();
                            })
                            : "<html><body>Bad gateway</body></html>".getBytes(UTF_8);
        }

        private void to(HttpExchange exchange) throws IOException {
            exchange.getResponseHeaders().add("Content-Type", type);
            exchange.getResponseHeaders().add("x-amzn-RequestId", "request-1");
            headers.forEach(exchange.getResponseHeaders()::add);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRefusalMeansWhatItMeansToTheSdkWhichSendsTheNextRequest(Refusal refusal) throws Exception {
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            accepted(requests);
            answers.add(refusal::to);
            answers.add(refusal::to);

            Failure direct = failure(requests);
            Failure theSdks = failure(requests);
            accepted(requests);
            accepted(requests);

            assertThat(direct.kind()).isEqualTo(theSdks.kind());
            assertThat(direct.code()).isEqualTo(theSdks.code());
            if (refusal.type.contains("cbor") && refusal != Refusal.EMPTY) {
                assertThat(direct.message()).isEqualTo(theSdks.message());
            }
        }
        assertThat(seen).extracting(Seen::bySdk).containsExactly(true, false, true, true, false);
    }

    @Test
    void anAnswerThatIsLostIsTransientAndTheSdkSendsTheNextRequest() {
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            accepted(requests);
            answers.add(HttpExchange::close);
            assertThat(failure(requests).kind()).isEqualTo(Failure.Kind.TRANSIENT);
            accepted(requests);
        }
        assertThat(seen).extracting(Seen::bySdk).containsExactly(true, false, true);
    }

    @Test
    void aRequestWithoutAnAnswerIsGivenUpInTime() {
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            accepted(requests);
            answers.add(exchange -> {
                try {
                    ended.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            PutRecordsClient.Completion completion = requests.send(requestOfTwo(), Duration.ofMillis(200));

            assertThat(completion).isInstanceOfSatisfying(PutRecordsClient.RequestFailed.class, failed -> {
                assertThat(failed.failure().kind()).isEqualTo(Failure.Kind.TRANSIENT);
                assertThat(failed.failure().code()).isEqualTo("ApiCallTimeoutException");
            });
            accepted(requests);
        }
    }

    /** The SDK learns of a wrong clock by an answer; what is sent without it uses what it has learned. */
    @Test
    void theClockIsCorrectedAsTheSdkCorrectsIt() throws Exception {
        Instant future = Instant.now().plus(Duration.ofHours(2));
        answers.add(exchange -> {
            byte[] body = cbor(json -> {
                json.writeStartObject();
                json.writeStringField("__type", "RequestTimeTooSkewed");
                json.writeEndObject();
            });
            exchange.getResponseHeaders().add("Content-Type", "application/x-amz-cbor-1.1");
            exchange.getResponseHeaders()
                    .set(
                            "Date",
                            DateTimeFormatter.RFC_1123_DATE_TIME
                                    .withZone(ZoneOffset.UTC)
                                    .format(future));
            exchange.sendResponseHeaders(403, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        try (KinesisClient client = client(builder -> builder)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            failure(requests);
            accepted(requests);
            accepted(requests);
        }
        seen.take();
        Instant theSdks = Instant.from(AMZ_DATE.parse(seen.take().header("X-amz-date")));
        Seen direct = seen.take();
        assertThat(direct.bySdk()).isFalse();
        assertThat(Duration.between(theSdks, Instant.from(AMZ_DATE.parse(direct.header("X-amz-date")))))
                .isBetween(Duration.ZERO, Duration.ofSeconds(30));
    }

    @Test
    void aClientWithInterceptorsOfItsOwnSendsAllRequests() {
        UnaryOperator<KinesisClientBuilder> more = builder -> builder.overrideConfiguration(
                builder.overrideConfiguration().copy(o -> o.addExecutionInterceptor(new ExecutionInterceptor() {})));
        try (KinesisClient client = client(more)) {
            PutRecordsClient requests = new PutRecordsClient(client);
            accepted(requests);
            accepted(requests);
        }
        assertThat(seen).extracting(Seen::bySdk).containsExactly(true, true);
    }

    private KinesisClient client(UnaryOperator<KinesisClientBuilder> more) {
        return more.apply(KinesisClients.prepare(
                        KinesisClient.builder()
                                .region(Region.EU_CENTRAL_1)
                                .endpointOverride(URI.create("http://localhost:"
                                        + server.getAddress().getPort()))
                                .credentialsProvider(() -> credentials),
                        PublishSettings.defaults(),
                        1))
                .build();
    }

    private static void accepted(PutRecordsClient requests) {
        assertThat(requests.send(requestOfTwo(), TIMEOUT)).isInstanceOf(PutRecordsClient.Answered.class);
    }

    private static Failure failure(PutRecordsClient requests) {
        return ((PutRecordsClient.RequestFailed) requests.send(requestOfTwo(), TIMEOUT)).failure();
    }

    private static Request requestOfTwo() {
        return Objects.requireNonNull(new Schedulers()
                .of(List.of(Records.record(1, "a"), Records.record(2, "b")), new PollerListener() {})
                .next(0));
    }

    private void accept(HttpExchange exchange) throws IOException {
        byte[] body = cbor(json -> {
            json.writeStartObject();
            json.writeNumberField("FailedRecordCount", 0);
            json.writeArrayFieldStart("Records");
            for (int n = 1; n <= 2; n++) {
                json.writeStartObject();
                json.writeStringField("SequenceNumber", "4959033827149025660855969253836157109592157598913658880" + n);
                json.writeStringField("ShardId", "shardId-000000000000");
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
        exchange.getResponseHeaders().add("Content-Type", "application/x-amz-cbor-1.1");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private interface Writing {
        void to(JsonGenerator json) throws IOException;
    }

    private static byte[] cbor(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new CBORFactory().createGenerator(bytes)) {
            writing.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Signature Version 4 as AWS documents it, computed anew from what arrived. */
    private static void verifySignature(Seen request, String secret) throws Exception {
        Map<String, String> parts = new HashMap<>();
        for (String part : request.header("Authorization")
                .replaceFirst("AWS4-HMAC-SHA256 ", "")
                .split(", ")) {
            parts.put(part.split("=", 2)[0], part.split("=", 2)[1]);
        }
        StringBuilder canonical =
                new StringBuilder(request.method() + "\n" + request.uri().getPath() + "\n\n");
        for (String header : parts.getOrDefault("SignedHeaders", "").split(";")) {
            canonical
                    .append(header)
                    .append(':')
                    .append(request.header(header).strip())
                    .append('\n');
        }
        assertThat(parts.getOrDefault("SignedHeaders", "").split(";")).contains("host", "x-amz-date", "x-amz-target");
        canonical
                .append('\n')
                .append(parts.getOrDefault("SignedHeaders", ""))
                .append('\n')
                .append(sha256(request.body()));
        String scope = parts.getOrDefault("Credential", "").split("/", 2)[1];
        assertThat(scope).endsWith("/eu-central-1/kinesis/aws4_request");
        byte[] key = ("AWS4" + secret).getBytes(UTF_8);
        for (String part : scope.split("/")) {
            key = hmac(key, part);
        }
        String text = "AWS4-HMAC-SHA256\n" + request.header("X-amz-date") + "\n" + scope + "\n"
                + sha256(canonical.toString().getBytes(UTF_8));
        assertThat(parts.getOrDefault("Signature", "")).isEqualTo(HexFormat.of().formatHex(hmac(key, text)));
    }

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
