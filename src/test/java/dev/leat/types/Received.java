package dev.leat.types;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * A record as a consumer gets it.
 *
 * @param partitionKey as Kinesis hands it out
 * @param text its data, which is one JSON object
 * @param json the same, parsed; of two members with one name it has the last
 */
record Received(String partitionKey, String text, JsonNode json) {

    private static final StreamReadConstraints LARGE = StreamReadConstraints.builder()
            .maxStringLength(1 << 26)
            .maxNumberLength(1 << 20)
            .build();

    private static final JsonMapper LENIENT = mapper(false);
    private static final JsonMapper STRICT = mapper(true);

    private static JsonMapper mapper(boolean strict) {
        JsonMapper mapper = JsonMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, strict)
                .build();
        mapper.getFactory().setStreamReadConstraints(LARGE);
        return mapper;
    }

    /**
     * Reads a record.
     *
     * @throws AssertionError when it is not JSON in UTF-8
     */
    static Received of(Record record) {
        byte[] data = record.data().asByteArray();
        try {
            // A new decoder reports what is malformed; String's constructor would replace it.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(data))
                    .toString();
            return new Received(record.partitionKey(), text, LENIENT.readTree(text));
        } catch (CharacterCodingException | JsonProcessingException e) {
            throw new AssertionError("a record of " + record.partitionKey() + " is no JSON in UTF-8", e);
        }
    }

    /** Fails if an object in it has two members of one name. */
    void requireDistinctNames() {
        try {
            STRICT.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    String op() {
        return json.get("op").textValue();
    }

    long id() {
        return json.get("source").get("id").longValue();
    }

    String table() {
        return json.get("source").path("schema").asText() + "."
                + json.get("source").path("table").asText();
    }

    /** The images and the key, as the record begins with them, byte for byte. */
    static String beginning(String before, String after, String key) {
        return "{\"before\":" + before + ",\"after\":" + after + ",\"key\":" + key + ",\"source\":{";
    }
}
