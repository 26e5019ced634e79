package dev.leat.shape;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Shaper;
import dev.leat.WireFormat;

/**
 * {@code {"type":…,"data":…}}: the operation as {@code TG_OP} names it, and what a trigger would have given to a function. A row of a full
 * load is an INSERT. A domain event has its own type, and its payload as data.
 */
final class TriggerJson implements Shaper {

    private static final byte[] TYPE = JsonBytes.ascii("{\"type\":");
    private static final byte[] DATA = JsonBytes.ascii(",\"data\":");
    private static final byte[] OLD = JsonBytes.ascii("{\"old\":");
    private static final byte[] NEW = JsonBytes.ascii(",\"new\":");
    private static final byte[] END = JsonBytes.ascii("}");

    private final ThreadLocal<JsonBytes> buffers = ThreadLocal.withInitial(JsonBytes::new);
    private final boolean old;
    private final boolean both;

    TriggerJson(WireFormat format) {
        this.old = format.has(WireFormat.OLD);
        this.both = format.has(WireFormat.BOTH);
    }

    @Override
    public byte[] shape(Event event) {
        JsonBytes json = buffers.get();
        Event.Row row = event.row();
        json.fixed(TYPE);
        switch (event.operation()) {
            case CREATE, READ -> json.string("INSERT");
            case UPDATE -> json.string("UPDATE");
            case DELETE -> json.string("DELETE");
            case TRUNCATE -> json.string("TRUNCATE");
            case MESSAGE -> json.string(event.subject().type());
        }
        json.fixed(DATA);
        switch (event.operation()) {
            case MESSAGE -> json.json(row.after());
            case TRUNCATE -> json.json(null);
            default -> {
                if (both) {
                    json.fixed(OLD);
                    json.json(row.before());
                    json.fixed(NEW);
                    json.json(row.after());
                    json.fixed(END);
                } else {
                    json.json(old || event.operation() == Operation.DELETE ? row.before() : row.after());
                }
            }
        }
        json.fixed(END);
        return json.take();
    }
}
