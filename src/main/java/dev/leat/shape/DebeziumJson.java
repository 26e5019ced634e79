package dev.leat.shape;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's JSON envelope without schema, with the event's id in {@code source.id} and {@code source.sequence}.
 *
 * <p>{@code source.connector} is {@code leat} and not {@code postgresql}: readers that know the latter go by {@code lsn},
 * which an outbox does not have.
 */
public final class DebeziumJson implements Shaper {

    /** Deeper contexts are carried as text: readers of the stream should not need more stack than the writer's mistake. */
    static final int MAX_CONTEXT_DEPTH = 64;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_CONTEXT_DEPTH)
                    .build())
            .build();

    private static final SerializedString BEFORE = new SerializedString("before");
    private static final SerializedString AFTER = new SerializedString("after");
    private static final SerializedString MESSAGE = new SerializedString("message");
    private static final SerializedString PREFIX = new SerializedString("prefix");
    private static final SerializedString CONTENT = new SerializedString("content");
    private static final SerializedString KEY = new SerializedString("key");
    private static final SerializedString SOURCE = new SerializedString("source");
    private static final SerializedString VERSION = new SerializedString("version");
    private static final SerializedString CONNECTOR = new SerializedString("connector");
    private static final SerializedString NAME = new SerializedString("name");
    private static final SerializedString TS_MS = new SerializedString("ts_ms");
    private static final SerializedString TS_US = new SerializedString("ts_us");
    private static final SerializedString TS_NS = new SerializedString("ts_ns");
    private static final SerializedString SNAPSHOT = new SerializedString("snapshot");
    private static final SerializedString DB = new SerializedString("db");
    private static final SerializedString SEQUENCE = new SerializedString("sequence");
    private static final SerializedString SCHEMA = new SerializedString("schema");
    private static final SerializedString TABLE = new SerializedString("table");
    private static final SerializedString TX_ID = new SerializedString("txId");
    private static final SerializedString LSN = new SerializedString("lsn");
    private static final SerializedString XMIN = new SerializedString("xmin");
    private static final SerializedString ID = new SerializedString("id");
    private static final SerializedString USER = new SerializedString("user");
    private static final SerializedString APPLICATION = new SerializedString("application");
    private static final SerializedString CONTEXT = new SerializedString("context");
    private static final SerializedString OP = new SerializedString("op");

    private final SerializedString version;
    private final SerializedString name;
    private final SerializedString database;
    private final Clock clock;

    /**
     * @param version Leat's version, for {@code source.version}
     * @param name the logical name of the source, for {@code source.name}
     * @param database the database's name, for {@code source.db}
     * @param clock for the top-level {@code ts_*}: when the event was shaped
     */
    public DebeziumJson(String version, String name, String database, Clock clock) {
        this.version = new SerializedString(wellFormed(version));
        this.name = new SerializedString(wellFormed(name));
        this.database = new SerializedString(wellFormed(database));
        this.clock = clock;
    }

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        if (event.fault() != null) {
            throw new Unshapeable(event.fault());
        }
        // The builder and the generator take their working buffers from the thread's recycler and give them back.
        try (ByteArrayBuilder bytes = new ByteArrayBuilder(FACTORY._getBufferRecycler())) {
            try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
                write(event, json);
            }
            return bytes.getClearAndRelease();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    private void write(Event event, JsonGenerator json) throws IOException {
        json.writeStartObject();
        if (event.operation() == Operation.MESSAGE) {
            json.writeFieldName(MESSAGE);
            json.writeStartObject();
            string(json, PREFIX, event.subject().type());
            raw(json, CONTENT, event.row().after());
            json.writeEndObject();
        } else {
            raw(json, BEFORE, event.row().before());
            raw(json, AFTER, event.row().after());
        }
        if (event.row().key() != null) {
            raw(json, KEY, event.row().key());
        }
        json.writeFieldName(SOURCE);
        source(event, json);
        json.writeFieldName(OP);
        json.writeString(event.operation().code());
        timestamps(json, clock.instant());
        json.writeEndObject();
    }

    private void source(Event event, JsonGenerator json) throws IOException {
        Event.Origin origin = event.origin();
        json.writeStartObject();
        json.writeFieldName(VERSION);
        json.writeString(version);
        json.writeFieldName(CONNECTOR);
        json.writeString("leat");
        json.writeFieldName(NAME);
        json.writeString(name);
        timestamps(json, origin.capturedAt());
        json.writeFieldName(SNAPSHOT);
        json.writeString(event.operation() == Operation.READ ? "true" : "false");
        json.writeFieldName(DB);
        json.writeString(database);
        json.writeFieldName(SEQUENCE);
        json.writeString("[\"" + event.id() + "\"]");
        string(json, SCHEMA, event.subject().schema());
        string(json, TABLE, event.subject().table());
        json.writeFieldName(TX_ID);
        json.writeNumber(origin.transactionId());
        json.writeFieldName(LSN);
        json.writeNull();
        json.writeFieldName(XMIN);
        json.writeNull();
        json.writeFieldName(ID);
        json.writeNumber(event.id());
        string(json, USER, origin.user());
        string(json, APPLICATION, origin.application());
        context(json, origin.context());
        json.writeEndObject();
    }

    private static void context(JsonGenerator json, @Nullable String context) throws IOException {
        if (context != null && isJson(context)) {
            raw(json, CONTEXT, context);
        } else {
            string(json, CONTEXT, context);
        }
    }

    /** Whether the text is exactly one JSON value, and not too deep. */
    private static boolean isJson(String text) throws IOException {
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static void timestamps(JsonGenerator json, Instant at) throws IOException {
        long micros = Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000L), at.getNano() / 1_000);
        json.writeFieldName(TS_MS);
        json.writeNumber(Math.floorDiv(micros, 1_000L));
        json.writeFieldName(TS_US);
        json.writeNumber(micros);
        json.writeFieldName(TS_NS);
        json.writeNumber(Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano()));
    }

    private static void raw(JsonGenerator json, SerializedString field, @Nullable String value) throws IOException {
        json.writeFieldName(field);
        if (value == null) {
            json.writeNull();
        } else {
            json.writeRawValue(new RawJson(value));
        }
    }

    private static void string(JsonGenerator json, SerializedString field, @Nullable String value) throws IOException {
        json.writeFieldName(field);
        if (value == null) {
            json.writeNull();
        } else {
            json.writeString(wellFormed(value));
        }
    }

    /** The text with each lone surrogate replaced by a question mark: the generator would refuse it. */
    private static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }
}
