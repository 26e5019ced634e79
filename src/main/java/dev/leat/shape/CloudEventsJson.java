package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * CloudEvents 1.0, structured JSON. {@code source} and {@code id} together are unique: the event's id is unique within a database, and the
 * source begins with the name of the source. The images are in {@code data}, as Debezium's envelope names them.
 */
final class CloudEventsJson implements Shaper {

    private static final byte[] ID = JsonBytes.ascii("{\"specversion\":\"1.0\",\"id\":\"");
    private static final byte[] SOURCE = JsonBytes.ascii("\",\"source\":");
    private static final byte[] TYPE = JsonBytes.ascii(",\"type\":");
    private static final byte[] TIME = JsonBytes.ascii(",\"time\":");
    private static final byte[] PARTITION_KEY = JsonBytes.ascii(",\"partitionkey\":");
    private static final byte[] SEQUENCE = JsonBytes.ascii(",\"sequence\":\"");
    private static final byte[] TRACE_PARENT = JsonBytes.ascii("\",\"traceparent\":");
    private static final byte[] TRACE_STATE = JsonBytes.ascii(",\"tracestate\":");
    private static final byte[] QUOTE = JsonBytes.ascii("\"");
    private static final byte[] REPLAY = JsonBytes.ascii(",\"replay\":true");
    private static final byte[] DATA = JsonBytes.ascii(",\"datacontenttype\":\"application/json\",\"data\":");
    private static final byte[] EVENT_ID = JsonBytes.ascii(",\"eventid\":");
    private static final byte[] TEXT_DATA = JsonBytes.ascii(",\"datacontenttype\":\"text/plain\",\"data\":");
    private static final byte[] BASE64_DATA =
            JsonBytes.ascii(",\"datacontenttype\":\"application/octet-stream\",\"data_base64\":");
    private static final byte[] BEFORE = JsonBytes.ascii("{\"before\":");
    private static final byte[] AFTER = JsonBytes.ascii(",\"after\":");
    private static final byte[] KEY = JsonBytes.ascii(",\"key\":");
    private static final byte[] TX_ID = JsonBytes.ascii(",\"txId\":");
    private static final byte[] USER = JsonBytes.ascii(",\"user\":");
    private static final byte[] APPLICATION = JsonBytes.ascii(",\"application\":");
    private static final byte[] CONTEXT = JsonBytes.ascii(",\"context\":");
    private static final byte[] END = JsonBytes.ascii("}");

    private final ThreadLocal<JsonBytes> buffers = ThreadLocal.withInitial(JsonBytes::new);
    private final String name;

    CloudEventsJson(Shapers.EnvelopeSource source) {
        this.name = "/" + segment(source.name());
    }

    @Override
    public byte[] shape(Event event) {
        JsonBytes json = buffers.get();
        Event.Origin origin = event.origin();
        Context context = Context.of(origin.context());
        json.fixed(ID);
        json.number(event.id());
        json.fixed(SOURCE);
        json.string(source(event));
        json.fixed(TYPE);
        json.string(type(event));
        json.fixed(TIME);
        json.time(origin.capturedAt());
        json.fixed(PARTITION_KEY);
        json.string(event.route().partitionKey());
        json.fixed(SEQUENCE);
        json.number(event.id());
        if (context.traceParent() == null) {
            json.fixed(QUOTE);
        } else {
            json.fixed(TRACE_PARENT);
            json.string(context.traceParent());
            if (context.traceState() != null) {
                json.fixed(TRACE_STATE);
                json.string(context.traceState());
            }
        }
        if (event.replay()) {
            json.fixed(REPLAY);
        }
        if (event.operation() == Operation.MESSAGE) {
            payload(event, json);
        } else {
            json.fixed(DATA);
            images(event, context, json);
        }
        json.fixed(END);
        return json.take();
    }

    /** The id of an outbox row is no event's {@code id}, because two tables may have the same. */
    private static void payload(Event event, JsonBytes json) {
        OutboxRow row = OutboxRow.of(event);
        if (row.id() != null && !row.id().isEmpty()) {
            json.fixed(EVENT_ID);
            json.string(row.id());
        }
        json.fixed(
                switch (row.encoding()) {
                    case JSON -> DATA;
                    case TEXT -> TEXT_DATA;
                    case BASE64 -> BASE64_DATA;
                });
        json.json(event.row().after());
    }

    private static void images(Event event, Context context, JsonBytes json) {
        Event.Origin origin = event.origin();
        json.fixed(BEFORE);
        json.json(event.row().before());
        json.fixed(AFTER);
        json.json(event.row().after());
        if (event.row().key() != null) {
            json.fixed(KEY);
            json.json(event.row().key());
        }
        json.fixed(TX_ID);
        json.number(origin.transactionId());
        json.fixed(USER);
        json.string(origin.user());
        json.fixed(APPLICATION);
        json.string(origin.application());
        json.fixed(CONTEXT);
        context.writeTo(json);
        json.fixed(END);
    }

    /** A reference of a path: the name of the source, and the table. */
    private String source(Event event) {
        String schema = event.subject().schema();
        String table = event.subject().table();
        return schema == null || table == null ? name : name + "/" + segment(schema) + "/" + segment(table);
    }

    private static String type(Event event) {
        return switch (event.operation()) {
            case CREATE -> "leat.row.created";
            case UPDATE -> "leat.row.updated";
            case DELETE -> "leat.row.deleted";
            case READ -> "leat.row.read";
            case TRUNCATE -> "leat.table.truncated";
            case MESSAGE -> nonEmpty(event.subject().type());
        };
    }

    /** An attribute of CloudEvents is never empty. */
    private static String nonEmpty(@Nullable String type) {
        return type == null || type.isEmpty() ? "leat.message" : type;
    }

    private static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
