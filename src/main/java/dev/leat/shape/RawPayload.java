package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The payload of a domain event, as {@code leat.publish} was given it, or as it is in an outbox table. Other tables' rows have no such form. */
final class RawPayload implements Shaper {

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
            case TEXT -> OutboxRow.unquoted(payload).getBytes(StandardCharsets.UTF_8);
            case BASE64 -> Base64.getDecoder().decode(OutboxRow.unquoted(payload));
        };
    }
}
