package dev.leat.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
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
 * Encodes the bodies of PutRecords requests in CBOR and decodes those of the answers, in the SDK's own format byte for byte. The SDK
 * makes an object of each entry and asks it for each field, which costs more CPU than the encoding.
 *
 * <p>As an interceptor of the SDK's client it puts the encoded body in the place of the SDK's, and takes the answer's body before the
 * SDK decodes it. Endpoint, credentials, signature, timeouts and errors stay with the SDK.
 */
final class PutRecordsCbor implements ExecutionInterceptor {

    private static final CBORFactory FACTORY = new CBORFactory();
    private static final SerializableString RECORDS = new SerializedString("Records");
    private static final SerializableString DATA = new SerializedString("Data");
    private static final SerializableString EXPLICIT_HASH_KEY = new SerializedString("ExplicitHashKey");
    private static final SerializableString PARTITION_KEY = new SerializedString("PartitionKey");

    /** The bytes of an entry beside its data and its partition key. */
    private static final int ENTRY_BYTES = 80;

    private static final ExecutionAttribute<Exchange> EXCHANGE = new ExecutionAttribute<>("dev.leat.Exchange");
    private static final byte[] EMPTY_MAP = {(byte) 0xa0};

    /** The encoded body of one request, and the decoded answer. */
    static final class Exchange {

        private final byte[] body;
        private List<PutRecordsClient.EntryResult> results = List.of();

        Exchange(byte[] body) {
            this.body = body;
        }

        /** The key of this exchange in the request's override configuration. */
        ExecutionAttribute<Exchange> attribute() {
            return EXCHANGE;
        }

        /** Empty before the answer, and after an answer that accepts nothing. */
        List<PutRecordsClient.EntryResult> results() {
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
            exchange.results = decode(body);
        } catch (IOException e) {
            throw new UncheckedIOException("the answer of PutRecords broke off or is not CBOR", e);
        }
        return Optional.of(new ByteArrayInputStream(EMPTY_MAP));
    }

    /** The body of a request. */
    static byte[] encode(Request request) {
        long size = 200;
        for (int n = 0; n < request.size(); n++) {
            size += request.entry(n).bytes() + ENTRY_BYTES;
        }
        ByteArrayBuilder body = new ByteArrayBuilder((int) Math.min(size, Integer.MAX_VALUE / 2));
        try (JsonGenerator cbor = FACTORY.createGenerator(body)) {
            cbor.writeStartObject();
            cbor.writeFieldName(RECORDS);
            cbor.writeStartArray();
            for (int n = 0; n < request.size(); n++) {
                encode(request.entry(n), cbor);
            }
            cbor.writeEndArray();
            cbor.writeStringField(
                    PutRecordsClient.isArn(request.stream()) ? "StreamARN" : "StreamName", request.stream());
            cbor.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return body.toByteArray();
    }

    private static void encode(RequestEntry entry, JsonGenerator cbor) throws IOException {
        cbor.writeStartObject();
        cbor.writeFieldName(DATA);
        cbor.writeBinary(entry.data());
        if (entry.explicitHashKey() != null) {
            cbor.writeFieldName(EXPLICIT_HASH_KEY);
            cbor.writeString(entry.explicitHashKey());
        }
        cbor.writeFieldName(PARTITION_KEY);
        cbor.writeString(entry.partitionKey());
        cbor.writeEndObject();
    }

    /** The results in the body of an answer, in the order of the request's entries. */
    private static List<PutRecordsClient.EntryResult> decode(InputStream body) throws IOException {
        List<PutRecordsClient.EntryResult> results = new ArrayList<>();
        try (JsonParser cbor = FACTORY.createParser(body)) {
            cbor.nextToken();
            for (String field = cbor.nextFieldName(); field != null; field = cbor.nextFieldName()) {
                cbor.nextToken();
                if (field.equals(RECORDS.getValue()) && cbor.hasToken(JsonToken.START_ARRAY)) {
                    while (cbor.nextToken() != JsonToken.END_ARRAY) {
                        results.add(decodeResult(cbor));
                    }
                } else {
                    cbor.skipChildren();
                }
            }
        }
        return results;
    }

    private static PutRecordsClient.EntryResult decodeResult(JsonParser cbor) throws IOException {
        @Nullable String shardId = null;
        @Nullable String sequenceNumber = null;
        @Nullable String errorCode = null;
        @Nullable String errorMessage = null;
        for (String field = cbor.nextFieldName(); field != null; field = cbor.nextFieldName()) {
            cbor.nextToken();
            switch (field) {
                case "ShardId" -> shardId = cbor.getValueAsString();
                case "SequenceNumber" -> sequenceNumber = cbor.getValueAsString();
                case "ErrorCode" -> errorCode = cbor.getValueAsString();
                case "ErrorMessage" -> errorMessage = cbor.getValueAsString();
                default -> cbor.skipChildren();
            }
        }
        return new PutRecordsClient.EntryResult(shardId, sequenceNumber, errorCode, errorMessage);
    }
}
