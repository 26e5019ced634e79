package dev.leat;

/**
 * Stage 3, shape: turns an event into the bytes of a wire format. {@link LeatPoller.Builder#shaper} takes an application's own. Safe for
 * use by several threads, and without effects: an event can be shaped more than once.
 */
public interface Shaper {

    /**
     * @return the data of the record, which Leat does not change; with aggregation {@code lines}, without a line break
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
