package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Predicate;

/** The payload of a domain event, as {@code leat.publish} was given it, or as it is in an outbox table. Other tables' rows have no such form. */
final class RawPayload implements Shaper {

    private final String defaultStream;
    private final Predicate<String> asLines;

    /**
     * @param defaultStream the stream of events that name none
     * @param asLines whether the events of a stream are the lines of its records
     */
    RawPayload(String defaultStream, Predicate<String> asLines) {
        this.defaultStream = defaultStream;
        this.asLines = asLines;
    }

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        if (event.operation() != Operation.MESSAGE) {
            throw new Unshapeable(
                    "the format raw is the payload of a domain event, and this is a row of a table: give the"
                            + " table a format of its own (leat attach --format debezium) or another stream; then retry the event");
        }
        String payload = event.row().after();
        if (payload == null) {
            return "null".getBytes(StandardCharsets.UTF_8);
        }
        return switch (OutboxRow.of(event).encoding()) {
            case JSON -> payload.getBytes(StandardCharsets.UTF_8);
            case TEXT -> whole(event, OutboxRow.unquoted(payload).getBytes(StandardCharsets.UTF_8));
            case BASE64 -> whole(event, Base64.getDecoder().decode(OutboxRow.unquoted(payload)));
        };
    }

    /** In JSON a line break is white space, and a space can stand for it. Here it is a part of the payload. */
    private byte[] whole(Event event, byte[] payload) throws Unshapeable {
        String stream = Optional.ofNullable(event.route().stream()).orElse(defaultStream);
        if (asLines.test(stream)) {
            for (byte each : payload) {
                if (each == '\n' || each == '\r') {
                    throw new Unshapeable(
                            "its payload has a line break and is no JSON, and the aggregation of the stream " + stream
                                    + " is lines: give the stream another aggregation, or the table another format; then retry the event");
                }
            }
        }
        return payload;
    }
}
