package dev.leat.pipeline;

import dev.leat.Event;

/** Stage 3, shape: turns an event into the bytes of a wire format. Pure, and safe for use by several threads. */
public interface Shaper {

    /**
     * @throws Unshapeable when the event cannot be encoded; it then goes to quarantine
     */
    byte[] shape(Event event) throws Unshapeable;

    /** An event cannot be encoded in the wire format; the reason says why. */
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
