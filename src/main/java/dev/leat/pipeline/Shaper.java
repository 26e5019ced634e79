package dev.leat.pipeline;

import dev.leat.Event;

/** Stage 3, shape: turns an event into the bytes of a wire format. Pure, and safe for use by several threads. */
public interface Shaper {

    /**
     * @throws Unshapeable when no bytes can stand for this event; it then goes to quarantine
     */
    byte[] shape(Event event) throws Unshapeable;

    /** Says why an event has no form in the wire format. */
    final class Unshapeable extends Exception {
        private static final long serialVersionUID = 1L;

        private final String reason;

        public Unshapeable(String reason) {
            super(reason);
            this.reason = reason;
        }

        public String reason() {
            return reason;
        }
    }
}
