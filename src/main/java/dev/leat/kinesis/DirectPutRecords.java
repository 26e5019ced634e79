package dev.leat.kinesis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.leat.kinesis.PutRecordsClient.EntryResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.services.kinesis.KinesisServiceClientConfiguration;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * Sends PutRecords requests by the SDK's HTTP client and the SDK's signer, without the rest of the SDK's client. Until the JVM has
 * compiled that, a call of it is the dearest part of a pass ({@code docs/decisions/0015-requests-without-the-client.md}).
 *
 * <p>The SDK's client stays authoritative for where and how requests are sent. It sends the first request to each stream, and the first
 * one after each failure. What it sent is the {@link Template} of the requests that follow: endpoint, headers, signing scope and the
 * difference between the clocks. Only a client that is set up as {@link KinesisClients} does is bypassed.
 *
 * <p>As an interceptor of the SDK's client it sees what that sends; as its HTTP client's builder it shares the HTTP client, which the
 * SDK's client closes.
 */
final class DirectPutRecords implements ExecutionInterceptor, SdkHttpClient.Builder<DirectPutRecords> {

    private static final ExecutionAttribute<Capture> CAPTURE = new ExecutionAttribute<>("dev.leat.Capture");
    private static final String CBOR = "application/x-amz-cbor-1.1";
    private static final Pattern SCOPE =
            Pattern.compile("AWS4-HMAC-SHA256 Credential=[^,]+/\\d{8}/([^/,]+)/([^/,]+)/aws4_request,.*");

    /** Headers of one request alone: its signature, its size and the SDK's account of its attempts. */
    private static final Set<String> OF_ONE_REQUEST = Set.of(
            "authorization",
            "content-length",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-content-sha256",
            "amz-sdk-invocation-id",
            "amz-sdk-request");

    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final Map<String, Template> templates = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timeouts;
    private final SdkHttpClient.Builder<?> httpBuilder;
    private volatile @Nullable SdkHttpClient http;

    DirectPutRecords(SdkHttpClient.Builder<?> httpBuilder) {
        this.httpBuilder = httpBuilder;
        this.timeouts = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "leat-request-timeouts");
            thread.setDaemon(true);
            return thread;
        });
        timeouts.setRemoveOnCancelPolicy(true);
        timeouts.setKeepAliveTime(10, TimeUnit.SECONDS);
        timeouts.allowCoreThreadTimeOut(true);
    }

    /** Filled when the SDK's client sends the request that carries it. */
    static final class Capture {
        private volatile @Nullable SdkHttpRequest request;
        private volatile int clockOffsetSeconds;

        /** The key of this capture in a request's override configuration. */
        ExecutionAttribute<Capture> attribute() {
            return CAPTURE;
        }
    }

    /**
     * What requests to a stream have in common.
     *
     * @param clock the machine's clock, corrected as the SDK does it
     */
    record Template(SdkHttpRequest request, String region, String service, Clock clock) {}

    @Override
    public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
        SdkHttpClient built = httpBuilder.buildWithDefaults(defaults);
        http = built;
        return built;
    }

    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        @Nullable Capture capture = attributes.getAttribute(CAPTURE);
        if (capture != null) {
            @Nullable Integer offset = attributes.getAttribute(SdkExecutionAttribute.TIME_OFFSET);
            capture.clockOffsetSeconds = offset == null ? 0 : offset;
            capture.request = context.httpRequest();
        }
    }

    /** Whether the SDK's client uses the HTTP client that was built here. */
    boolean sharesHttpClient() {
        return http != null;
    }

    /** Null: the SDK's client sends the next request to this stream. */
    @Nullable
    Template template(String stream) {
        return templates.get(stream);
    }

    /** The SDK's client has sent a request to this stream, and Kinesis has accepted it. */
    void learn(String stream, Capture capture) {
        SdkHttpRequest sent = capture.request;
        if (sent == null || !sent.firstMatchingHeader("Content-Type").orElse("").equals(CBOR)) {
            return;
        }
        Matcher scope = SCOPE.matcher(sent.firstMatchingHeader("Authorization").orElse(""));
        if (scope.matches()) {
            SdkHttpRequest common = sent.toBuilder()
                    .applyMutation(request -> sent.headers().keySet().stream()
                            .filter(name -> OF_ONE_REQUEST.contains(name.toLowerCase(Locale.ROOT)))
                            .forEach(request::removeHeader))
                    .build();
            Clock clock = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(-capture.clockOffsetSeconds));
            templates.put(stream, new Template(common, scope.group(1), scope.group(2), clock));
        }
    }

    /** A request to this stream has failed: the SDK's client sends the next one. */
    void forget(String stream) {
        templates.remove(stream);
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @throws AwsServiceException when Kinesis answers that it does not accept the request
     * @throws ApiCallTimeoutException when there is no answer in time
     * @throws UncheckedIOException when the answer was lost
     */
    List<EntryResult> send(
            Template template, Request request, Duration timeout, KinesisServiceClientConfiguration configuration) {
        byte[] body = PutRecordsCbor.encode(request);
        SignedRequest signed = sign(template, body, configuration.credentialsProvider());
        SdkHttpClient client = http;
        if (client == null) {
            throw new IllegalStateException("the SDK's client has no HTTP client");
        }
        ExecutableHttpRequest call = client.prepareRequest(HttpExecuteRequest.builder()
                .request(signed.request())
                .contentStreamProvider(ContentStreamProvider.fromByteArrayUnsafe(body))
                .build());
        AtomicBoolean late = new AtomicBoolean();
        ScheduledFuture<?> abort = timeouts.schedule(
                () -> {
                    late.set(true);
                    call.abort();
                },
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
        try {
            return answer(call.call());
        } catch (IOException e) {
            if (late.get()) {
                throw ApiCallTimeoutException.create(timeout.toMillis());
            }
            throw new UncheckedIOException("no answer: " + e.getMessage(), e);
        } finally {
            abort.cancel(false);
        }
    }

    private SignedRequest sign(
            Template template, byte[] body, IdentityProvider<? extends AwsCredentialsIdentity> credentials) {
        SdkHttpRequest unsigned =
                template.request().copy(request -> request.putHeader("Content-Length", Integer.toString(body.length)));
        AwsCredentialsIdentity identity = credentials.resolveIdentity().join();
        return signer.sign(SignRequest.builder(identity)
                .request(unsigned)
                .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, template.service())
                .putProperty(AwsV4HttpSigner.REGION_NAME, template.region())
                .putProperty(HttpSigner.SIGNING_CLOCK, template.clock())
                .build());
    }

    private static List<EntryResult> answer(HttpExecuteResponse response) throws IOException {
        byte[] body;
        try (InputStream stream =
                response.responseBody().isPresent() ? response.responseBody().get() : InputStream.nullInputStream()) {
            body = stream.readAllBytes();
        }
        if (!response.httpResponse().isSuccessful()) {
            throw refused(response, body);
        }
        return PutRecordsCbor.decode(body);
    }

    /** As the SDK would tell it. */
    private static AwsServiceException refused(HttpExecuteResponse response, byte[] body) {
        @Nullable
        String code =
                response.httpResponse().firstMatchingHeader("x-amzn-ErrorType").orElse(null);
        @Nullable String message = null;
        boolean cbor = response.httpResponse()
                .firstMatchingHeader("Content-Type")
                .orElse("")
                .contains("cbor");
        try (JsonParser parser =
                cbor ? PutRecordsCbor.FACTORY.createParser(body) : new JsonFactory().createParser(body)) {
            if (parser.nextToken() != null) {
                for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                    parser.nextToken();
                    switch (field) {
                        case "__type" -> code = code == null ? parser.getValueAsString() : code;
                        case "message", "Message" -> message = parser.getValueAsString();
                        default -> parser.skipChildren();
                    }
                }
            }
        } catch (IOException e) {
            // Whatever stands between may answer with a page of its own; the status tells enough.
            message = null;
        }
        return AwsServiceException.builder()
                .statusCode(response.httpResponse().statusCode())
                .requestId(response.httpResponse()
                        .firstMatchingHeader("x-amzn-RequestId")
                        .orElse(null))
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(
                                code == null
                                        ? null
                                        : code.replaceFirst("^.*#", "").replaceFirst(":.*$", ""))
                        .errorMessage(message)
                        .serviceName("Kinesis")
                        .sdkHttpResponse(response.httpResponse())
                        .build())
                .build();
    }
}
