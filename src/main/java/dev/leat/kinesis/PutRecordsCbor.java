package dev.leat.kinesis;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes the bodies of PutRecords requests in CBOR and decodes those of the answers, in the SDK's own format byte for byte. The SDK
 * makes an object of each entry and asks it for each field, which costs more CPU than the encoding.
 */
final class PutRecordsCbor {

    static final CBORFactory FACTORY = new CBORFactory();
    private static final SerializableString RECORDS = new SerializedString("Records");
    private static final SerializableString DATA = new SerializedString("Data");
    private static final SerializableString EXPLICIT_HASH_KEY = new SerializedString("ExplicitHashKey");
    private static final SerializableString PARTITION_KEY = new SerializedString("PartitionKey");

    /** The bytes of an entry beside its data and its partition key. */
    private static final int ENTRY_BYTES = 80;

    private PutRecordsCbor() {}

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
    static List<PutRecordsClient.EntryResult> decode(byte[] body) throws IOException {
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
