package dev.leat.app;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Accepts every record of every PutRecords request and keeps none. It listens on the loopback address while {@code leat warm} runs. */
final class StandInForKinesis implements AutoCloseable {

    private static final CBORFactory CBOR = new CBORFactory();
    private static final String TYPE = "application/x-amz-cbor-1.1";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private long sequence = 1;

    private StandInForKinesis(HttpServer server) {
        this.server = server;
    }

    static StandInForKinesis start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        StandInForKinesis kinesis = new StandInForKinesis(server);
        server.setExecutor(kinesis.threads);
        server.createContext("/", kinesis::answer);
        server.start();
        return kinesis;
    }

    URI endpoint() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String target = String.valueOf(exchange.getRequestHeaders().getFirst("X-Amz-Target"));
            byte[] request = exchange.getRequestBody().readAllBytes();
            boolean put = target.endsWith(".PutRecords");
            boolean describe = target.endsWith(".DescribeStreamSummary");
            // The right to list shards is optional; without it a poller goes on.
            byte[] answer = put ? accept(records(request)) : describe ? description() : new byte[] {(byte) 0xa0};
            exchange.getResponseHeaders().add("Content-Type", TYPE);
            exchange.sendResponseHeaders(put || describe ? 200 : 400, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    /** How many records a request has: they are the objects within the outermost one. */
    private static int records(byte[] request) throws IOException {
        int depth = 0;
        int records = 0;
        try (JsonParser cbor = CBOR.createParser(request)) {
            for (JsonToken token = cbor.nextToken(); token != null; token = cbor.nextToken()) {
                if (token == JsonToken.START_OBJECT && depth++ == 1) {
                    records++;
                } else if (token == JsonToken.END_OBJECT) {
                    depth--;
                }
            }
        }
        return records;
    }

    private synchronized byte[] accept(int records) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (JsonGenerator cbor = CBOR.createGenerator(answer)) {
            cbor.writeStartObject();
            cbor.writeNumberField("FailedRecordCount", 0);
            cbor.writeArrayFieldStart("Records");
            for (int n = 0; n < records; n++) {
                cbor.writeStartObject();
                cbor.writeStringField(
                        "SequenceNumber", "4959033827149025660855969253836157" + (1_000_000_000L + sequence++));
                cbor.writeStringField("ShardId", "shardId-000000000000");
                cbor.writeEndObject();
            }
            cbor.writeEndArray();
            cbor.writeEndObject();
        }
        return answer.toByteArray();
    }

    private static byte[] description() throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (JsonGenerator cbor = CBOR.createGenerator(answer)) {
            cbor.writeStartObject();
            cbor.writeObjectFieldStart("StreamDescriptionSummary");
            cbor.writeStringField("StreamName", "warm");
            cbor.writeStringField("StreamARN", "arn:aws:kinesis:us-east-1:000000000000:stream/warm");
            cbor.writeStringField("StreamStatus", "ACTIVE");
            cbor.writeNumberField("OpenShardCount", 1);
            cbor.writeNumberField("RetentionPeriodHours", 24);
            cbor.writeArrayFieldStart("EnhancedMonitoring");
            cbor.writeEndArray();
            cbor.writeEndObject();
            cbor.writeEndObject();
        }
        return answer.toByteArray();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
