package dev.leat.kinesis;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Gives a request a body of {@link CborBody} in the place of the SDK's own, and takes the answer's before the SDK reads it. What makes
 * a request good (endpoint, credentials, signature, timeouts, errors) stays the SDK's.
 */
final class PutRecordsCbor implements ExecutionInterceptor {

    private static final ExecutionAttribute<Exchange> EXCHANGE = new ExecutionAttribute<>("dev.leat.Exchange");
    private static final byte[] EMPTY_MAP = {(byte) 0xa0};

    /** One request's body and what was answered. */
    static final class Exchange {

        private final byte[] body;
        private List<Result> results = List.of();

        Exchange(byte[] body) {
            this.body = body;
        }

        /** For the request's override configuration. */
        ExecutionAttribute<Exchange> attribute() {
            return EXCHANGE;
        }

        /** Empty before the answer, and after one that accepted nothing. */
        List<Result> results() {
            return results;
        }
    }

    @Override
    public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
        @Nullable Exchange exchange = attributes.getAttribute(EXCHANGE);
        return exchange == null
                ? context.httpRequest()
                : context.httpRequest()
                        .copy(request -> request.putHeader("Content-Length", Integer.toString(exchange.body.length)));
    }

    @Override
    public Optional<RequestBody> modifyHttpContent(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
        @Nullable Exchange exchange = attributes.getAttribute(EXCHANGE);
        if (exchange == null) {
            return context.requestBody();
        }
        String type = context.httpRequest().firstMatchingHeader("Content-Type").orElse("application/x-amz-cbor-1.1");
        return Optional.of(RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(exchange.body), exchange.body.length, type));
    }

    @Override
    public Optional<InputStream> modifyHttpResponseContent(
            Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
        @Nullable Exchange exchange = attributes.getAttribute(EXCHANGE);
        if (exchange == null
                || !context.httpResponse().isSuccessful()
                || context.responseBody().isEmpty()) {
            return context.responseBody();
        }
        try (InputStream body = context.responseBody().get()) {
            exchange.results = CborBody.results(body);
        } catch (IOException e) {
            throw new UncheckedIOException("the answer broke off or is not CBOR", e);
        }
        return Optional.of(new ByteArrayInputStream(EMPTY_MAP));
    }
}
