package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.time.Clock;
import java.time.Instant;

/**
 * Debezium's JSON envelope without schema, with the event's id in {@code source.id} and {@code source.sequence}, and its partition key in
 * {@code source.partition_key}. Consumers need that key, and a record that holds several events does not have it elsewhere.
 *
 * <p>{@code source.connector} is {@code leat} and not {@code postgresql}: readers that know the latter use {@code lsn}, which an outbox
 * does not have.
 */
final class DebeziumJson implements Shaper {

    private static final byte[] PAYLOAD = JsonBytes.ascii("{\"payload\":");
    private static final byte[] ROUTED_ID = JsonBytes.ascii(",\"id\":");
    private static final byte[] EVENT_TYPE = JsonBytes.ascii(",\"eventType\":");
    private static final byte[] AGGREGATE_TYPE = JsonBytes.ascii(",\"aggregateType\":");
    private static final byte[] BEFORE = JsonBytes.ascii("{\"before\":");
    private static final byte[] AFTER = JsonBytes.ascii(",\"after\":");
    private static final byte[] PREFIX = JsonBytes.ascii("{\"message\":{\"prefix\":");
    private static final byte[] CONTENT = JsonBytes.ascii(",\"content\":");
    private static final byte[] END = JsonBytes.ascii("}");
    private static final byte[] KEY = JsonBytes.ascii(",\"key\":");
    private static final byte[] SNAPSHOT = JsonBytes.ascii(",\"snapshot\":\"true\",\"db\":");
    private static final byte[] FIRST_OF_SNAPSHOT = JsonBytes.ascii(",\"snapshot\":\"first\",\"db\":");
    private static final byte[] LAST_OF_SNAPSHOT = JsonBytes.ascii(",\"snapshot\":\"last\",\"db\":");
    private static final byte[] NO_SNAPSHOT = JsonBytes.ascii(",\"snapshot\":\"false\",\"db\":");
    private static final byte[] SEQUENCE = JsonBytes.ascii(",\"sequence\":\"[\\\"");
    private static final byte[] SCHEMA = JsonBytes.ascii("\\\"]\",\"schema\":");
    private static final byte[] TABLE = JsonBytes.ascii(",\"table\":");
    private static final byte[] TX_ID = JsonBytes.ascii(",\"txId\":");
    private static final byte[] ID = JsonBytes.ascii(",\"lsn\":null,\"xmin\":null,\"id\":");
    private static final byte[] PARTITION_KEY = JsonBytes.ascii(",\"partition_key\":");
    private static final byte[] USER = JsonBytes.ascii(",\"user\":");
    private static final byte[] APPLICATION = JsonBytes.ascii(",\"application\":");
    private static final byte[] CONTEXT = JsonBytes.ascii(",\"context\":");
    private static final byte[] REPLAY = JsonBytes.ascii(",\"replay\":true");
    private static final byte[] OP = JsonBytes.ascii("},\"op\":");
    private static final byte[] TS_MS = JsonBytes.ascii(",\"ts_ms\":");
    private static final byte[] TS_US = JsonBytes.ascii(",\"ts_us\":");
    private static final byte[] TS_NS = JsonBytes.ascii(",\"ts_ns\":");

    private final ThreadLocal<JsonBytes> buffers = ThreadLocal.withInitial(JsonBytes::new);
    private final byte[] source;
    private final byte[] database;
    private final boolean eventRouter;
    private final Clock clock;

    /**
     * @param origin for {@code source.version}, {@code source.name} and {@code source.db}
     * @param eventRouter whether domain events have the form of Debezium's outbox event router
     * @param clock for the top-level {@code ts_*}, the time of shaping
     */
    DebeziumJson(Shapers.EnvelopeSource origin, boolean eventRouter, Clock clock) {
        JsonBytes beginning = new JsonBytes();
        beginning.fixed(JsonBytes.ascii(",\"source\":{\"version\":"));
        beginning.string(origin.version());
        beginning.fixed(JsonBytes.ascii(",\"connector\":\"leat\",\"name\":"));
        beginning.string(origin.name());
        this.source = beginning.take();
        this.database = JsonBytes.quoted(origin.database());
        this.eventRouter = eventRouter;
        this.clock = clock;
    }

    @Override
    public byte[] shape(Event event) {
        JsonBytes json = buffers.get();
        if (eventRouter && event.operation() == Operation.MESSAGE) {
            route(event, json);
        } else {
            write(event, json);
        }
        return json.take();
    }

    /** As the event router writes it with the id and the type placed in the envelope: Kinesis has no headers. */
    private static void route(Event event, JsonBytes json) {
        json.fixed(PAYLOAD);
        json.json(event.row().after());
        OutboxRow row = OutboxRow.of(event);
        json.fixed(ROUTED_ID);
        json.string(row.id() == null ? Long.toString(event.id()) : row.id());
        json.fixed(EVENT_TYPE);
        json.string(event.subject().type());
        if (row.aggregateType() != null) {
            json.fixed(AGGREGATE_TYPE);
            json.string(row.aggregateType());
        }
        json.fixed(END);
    }

    private void write(Event event, JsonBytes json) {
        if (event.operation() == Operation.MESSAGE) {
            json.fixed(PREFIX);
            json.string(event.subject().type());
            json.fixed(CONTENT);
            json.json(event.row().after());
            json.fixed(END);
        } else {
            json.fixed(BEFORE);
            json.json(event.row().before());
            json.fixed(AFTER);
            json.json(event.row().after());
        }
        if (event.row().key() != null) {
            json.fixed(KEY);
            json.json(event.row().key());
        }
        source(event, json);
        json.fixed(OP);
        json.string(event.operation().code());
        timestamps(json, clock.instant());
        json.fixed(END);
    }

    private void source(Event event, JsonBytes json) {
        Event.Origin origin = event.origin();
        json.fixed(source);
        timestamps(json, origin.capturedAt());
        json.fixed(snapshot(event));
        json.fixed(database);
        json.fixed(SEQUENCE);
        json.number(event.id());
        json.fixed(SCHEMA);
        json.string(event.subject().schema());
        json.fixed(TABLE);
        json.string(event.subject().table());
        json.fixed(TX_ID);
        json.number(origin.transactionId());
        json.fixed(ID);
        json.number(event.id());
        json.fixed(PARTITION_KEY);
        json.string(event.route().partitionKey());
        json.fixed(USER);
        json.string(origin.user());
        json.fixed(APPLICATION);
        json.string(origin.application());
        json.fixed(CONTEXT);
        Context context = Context.of(origin.context());
        context.writeTo(json);
        if (event.replay()) {
            json.fixed(REPLAY);
        }
    }

    /** A load marks its first and its last row in the outbox, as Debezium marks those of a snapshot. */
    private static byte[] snapshot(Event event) {
        if (event.operation() != Operation.READ) {
            return NO_SNAPSHOT;
        }
        String place = event.subject().type();
        return "first".equals(place) ? FIRST_OF_SNAPSHOT : "last".equals(place) ? LAST_OF_SNAPSHOT : SNAPSHOT;
    }

    private static void timestamps(JsonBytes json, Instant at) {
        long micros = Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000L), at.getNano() / 1_000);
        json.fixed(TS_MS);
        json.number(Math.floorDiv(micros, 1_000L));
        json.fixed(TS_US);
        json.number(micros);
        json.fixed(TS_NS);
        json.number(Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano()));
    }
}
