package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import java.nio.charset.StandardCharsets;

/** The payload of a domain event, as {@code leat.publish} was given it. A table's rows have no such form. */
final class RawPayload implements Shaper {

    @Override
    public byte[] shape(Event event) throws Unshapeable {
        if (event.operation() != Operation.MESSAGE) {
            throw new Unshapeable(
                    "the format raw is the payload of a domain event, and this is a row of a table: give the"
                            + " table a format of its own (leat attach --format debezium) or another stream; then retry the event");
        }
        String payload = event.row().after();
        return (payload == null ? "null" : payload).getBytes(StandardCharsets.UTF_8);
    }
}
