package dev.leat.localstream;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Writes an answer field by field. A field whose value is null is left out. */
final class Output {

    private final JsonGenerator generator;
    private final Wire wire;

    Output(JsonGenerator generator, Wire wire) {
        this.generator = generator;
        this.wire = wire;
    }

    /** Writes the fields of an answer or of an object in it. */
    @FunctionalInterface
    interface Answer {
        Answer EMPTY = out -> {};

        void write(Output out) throws IOException;
    }

    /** Writes one element of a list. */
    @FunctionalInterface
    interface Element<T> {
        void write(Output out, T element) throws IOException;
    }

    Output text(String name, @Nullable Object value) throws IOException {
        if (value != null) {
            generator.writeStringField(name, value.toString());
        }
        return this;
    }

    Output number(String name, long value) throws IOException {
        generator.writeNumberField(name, value);
        return this;
    }

    Output flag(String name, boolean value) throws IOException {
        generator.writeBooleanField(name, value);
        return this;
    }

    Output blob(String name, byte[] value) throws IOException {
        generator.writeBinaryField(name, value);
        return this;
    }

    /** A time: milliseconds since the epoch in CBOR, seconds with a fraction in JSON. */
    Output time(String name, long millis) throws IOException {
        if (wire == Wire.CBOR) {
            generator.writeNumberField(name, millis);
        } else {
            generator.writeNumberField(name, BigDecimal.valueOf(millis, 3));
        }
        return this;
    }

    Output object(String name, Answer fields) throws IOException {
        generator.writeObjectFieldStart(name);
        fields.write(this);
        generator.writeEndObject();
        return this;
    }

    <T> Output objects(String name, Collection<T> elements, Element<? super T> element) throws IOException {
        generator.writeArrayFieldStart(name);
        for (T each : elements) {
            generator.writeStartObject();
            element.write(this, each);
            generator.writeEndObject();
        }
        generator.writeEndArray();
        return this;
    }

    Output texts(String name, Collection<String> values) throws IOException {
        generator.writeArrayFieldStart(name);
        for (String value : values) {
            generator.writeString(value);
        }
        generator.writeEndArray();
        return this;
    }
}
