package dev.leat.localstream;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The two encodings that clients use: CBOR (the SDK's choice) and JSON (the AWS CLI's). */
enum Wire {
    JSON("application/x-amz-json-1.1"),
    CBOR("application/x-amz-cbor-1.1");

    private final String contentType;
    private final JsonFactory factory;

    Wire(String contentType) {
        this.contentType = contentType;
        // A record of 10 MiB is 14 MB in base64.
        var constraints =
                StreamReadConstraints.builder().maxStringLength(32 << 20).build();
        this.factory = contentType.contains("cbor")
                ? CBORFactory.builder().streamReadConstraints(constraints).build()
                : JsonFactory.builder().streamReadConstraints(constraints).build();
    }

    String contentType() {
        return contentType;
    }

    /** The encoding that a request's Content-Type names, or null if it is neither. */
    static @Nullable Wire of(@Nullable String contentType) {
        if (contentType == null) {
            return null;
        }
        if (contentType.contains("cbor")) {
            return CBOR;
        }
        return contentType.contains("json") ? JSON : null;
    }

    /** @throws ServiceError if the body is not an object in this encoding */
    Input decode(byte[] body) {
        if (body.length == 0) {
            return new Input(Map.of(), this);
        }
        try (JsonParser parser = factory.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw ServiceError.serialization("the request's body is not an object");
            }
            return new Input(object(parser), this);
        } catch (JsonProcessingException e) {
            throw ServiceError.serialization("the request's body is not " + name() + ": " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>(8);
        String name = parser.nextFieldName();
        while (name != null) {
            parser.nextToken();
            fields.put(name, value(parser));
            name = parser.nextFieldName();
        }
        return fields;
    }

    private static List<@Nullable Object> array(JsonParser parser) throws IOException {
        List<@Nullable Object> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            elements.add(value(parser));
        }
        return elements;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            case VALUE_EMBEDDED_OBJECT -> parser.getBinaryValue();
            default -> null;
        };
    }

    byte[] encode(Output.Answer answer) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder(4096)) {
            try (JsonGenerator generator = factory.createGenerator(bytes)) {
                generator.writeStartObject();
                answer.write(new Output(generator, this));
                generator.writeEndObject();
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("an answer held in memory could not be written", e);
        }
    }
}
