package dev.leat.localstream;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Reads a request, applies faults to it, and answers it. */
final class RequestHandler implements HttpHandler {

    private static final String TARGET = "X-Amz-Target";

    /** Enough for 10 MiB of records in base64, with keys and names. */
    private static final int MAX_BODY_BYTES = 24 << 20;

    private static final String GREETING = """
            A local stand-in for Amazon Kinesis Data Streams (part of Leat). It speaks the service's protocol, keeps records \
            in memory, and is not for production.
            """;

    private final Operations operations;
    private final FaultInjector faults;
    private final Streams streams;
    private final ConcurrentHashMap<String, LongAdder> requests = new ConcurrentHashMap<>();

    RequestHandler(Operations operations, FaultInjector faults, Streams streams) {
        this.operations = operations;
        this.faults = faults;
        this.streams = streams;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String target = exchange.getRequestHeaders().getFirst(TARGET);
        if (target == null) {
            send(exchange, 200, "text/plain", GREETING.getBytes(StandardCharsets.UTF_8));
            return;
        }
        String operation = target.substring(target.lastIndexOf('.') + 1);
        requests.computeIfAbsent(operation, name -> new LongAdder()).increment();
        FaultPlan plan = faults.plan(operation);
        if (plan.resets()) {
            // The body is left unread, so that the kernel resets the connection and does not end it in order.
            exchange.close();
            return;
        }
        try {
            answer(exchange, operation, plan);
        } catch (InterruptedException e) {
            // The endpoint is being closed: requests that wait get no answer.
            Thread.currentThread().interrupt();
            exchange.close();
        }
    }

    long requests(String operation) {
        LongAdder count = requests.get(operation);
        return count == null ? 0 : count.sum();
    }

    private void answer(HttpExchange exchange, String operation, FaultPlan plan)
            throws IOException, InterruptedException {
        Wire wire = Wire.of(exchange.getRequestHeaders().getFirst("Content-Type"));
        Wire answerWire = wire == null ? Wire.JSON : wire;
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
        try {
            if (body.length > MAX_BODY_BYTES) {
                throw new ServiceError("RequestEntityTooLargeException", 413, "The request exceeds 10 MiB of records");
            }
            Output.Answer answer = apply(operation, wire, body, plan);
            byte[] bytes = answerWire.encode(answer);
            plan.afterApplying();
            if (plan.losesAnswer()) {
                exchange.close();
                return;
            }
            send(exchange, 200, answerWire.contentType(), bytes);
        } catch (ServiceError error) {
            byte[] bytes =
                    answerWire.encode(out -> out.text("__type", error.code()).text("message", error.text()));
            send(exchange, error.status(), answerWire.contentType(), bytes);
        }
    }

    private Output.Answer apply(String operation, @Nullable Wire wire, byte[] body, FaultPlan plan)
            throws InterruptedException {
        if (wire == null) {
            throw ServiceError.serialization(
                    "The Content-Type is neither " + Wire.JSON.contentType() + " nor " + Wire.CBOR.contentType());
        }
        Input input = wire.decode(body);
        plan.beforeApplying(streams.now());
        return operations.apply(operation, input, plan);
    }

    private static void send(HttpExchange exchange, int status, String contentType, byte[] bytes) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        exchange.getResponseHeaders().set("x-amzn-RequestId", UUID.randomUUID().toString());
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }
}
