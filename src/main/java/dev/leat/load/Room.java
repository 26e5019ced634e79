package dev.leat.load;

/**
 * How many rows may be added to the outbox until it is looked at again. Loaded rows are published behind what waits already, and so are
 * the changes of writers behind loaded rows: a short backlog keeps these quick. Not thread-safe.
 */
final class Room {

    /**
     * When a load stops adding.
     *
     * @param events how many events may wait in the outbox
     * @param bytes how much may wait there, images as they are stored
     */
    record Limits(long events, long bytes) {

        /** What pollers publish in a fraction of a second. */
        static final Limits DEFAULT = new Limits(5_000, 16L << 20);

        Limits {
            if (events < 1 || bytes < 1) {
                throw new IllegalArgumentException("a load needs room for at least one event");
            }
        }
    }

    /** Until it is known how large rows are. */
    private static final double FIRST_GUESS = 1_000;

    private final Limits limits;
    private long events;
    private long bytes;
    private double bytesPerRow = FIRST_GUESS;

    Room(Limits limits) {
        this.limits = limits;
    }

    /** Notes what waits in the outbox. */
    void seen(long waitingEvents, long waitingBytes) {
        events = limits.events() - waitingEvents;
        bytes = limits.bytes() - waitingBytes;
    }

    /** Notes what was added. */
    void added(long rows, long size) {
        events -= rows;
        bytes -= size;
        if (rows > 0) {
            bytesPerRow = Math.max(1, (bytesPerRow + (double) size / rows) / 2);
        }
    }

    /** How many rows may be added; 0: none, before what waits is looked at again. */
    int rows() {
        if (events <= 0 || bytes <= 0) {
            return 0;
        }
        return (int) Math.max(1, Math.min(events, bytes / bytesPerRow));
    }
}
