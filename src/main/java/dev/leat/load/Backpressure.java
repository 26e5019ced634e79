package dev.leat.load;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many rows may be added to the outbox until it is looked at again. Loaded rows are published behind what waits already, and so are
 * the changes of writers behind loaded rows: a short backlog keeps these quick. While there are such changes it is very short. Many changes
 * keep it longer than that all the time; then a few rows are added each second, so that every load ends. Not thread-safe.
 */
final class Backpressure {

    /**
     * When a load stops adding.
     *
     * @param events how many events may wait in the outbox
     * @param bytes how much may wait there, images as they are stored
     * @param look how long pollers take over a good part of them: until the outbox is looked at again
     */
    record Limits(int events, long bytes, Duration look) {

        /** What pollers publish in a fraction of a second, and more than one claim takes, so that a second one finds events too. */
        static final Limits ALONE = new Limits(10_000, 32L << 20, Duration.ofMillis(25));

        /** So few that a claim of them hardly takes longer than one of the changes alone. */
        static final Limits BESIDE_CHANGES = new Limits(250, 1L << 20, Duration.ofMillis(5));

        Limits {
            if (events < 1 || bytes < 1) {
                throw new IllegalArgumentException("a load must be allowed at least one event");
            }
        }
    }

    /** Until it is known how large rows are. */
    private static final double FIRST_GUESS = 1_000;

    /** So many looks at the outbox in a row, half a second of them or more, must have found no change: between two changes there may be a pause. */
    private static final int LOOKS_WITHOUT_CHANGES = 100;

    private static final long AT_LEAST_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

    private final Limits alone;
    private final Limits besideChanges;
    private final LongSupplier nanoTime;
    private Limits limits;
    private int looksWithoutChanges;
    private long addedAt;
    private long events;
    private long bytes;
    private double bytesPerRow = FIRST_GUESS;

    Backpressure() {
        this(Limits.ALONE, Limits.BESIDE_CHANGES, System::nanoTime);
    }

    /**
     * @param alone while nobody changes attached tables; with so much in the outbox pollers are behind, and nothing is added in any case
     * @param besideChanges while somebody does
     */
    Backpressure(Limits alone, Limits besideChanges, LongSupplier nanoTime) {
        this.alone = alone;
        this.besideChanges = besideChanges;
        this.nanoTime = nanoTime;
        this.limits = besideChanges;
        this.addedAt = nanoTime.getAsLong();
    }

    /** As many events as are worth counting: a change behind so many would not be seen. */
    int mostEvents() {
        return alone.events();
    }

    /** The pause after a look that has found too much. */
    Duration untilNextLook() {
        return limits.look();
    }

    /**
     * Notes what waits in the outbox.
     *
     * @param changes how many of the events are not loaded rows
     */
    void seen(long waitingEvents, long waitingBytes, long changes) {
        looksWithoutChanges = changes > 0 ? 0 : Math.min(looksWithoutChanges + 1, LOOKS_WITHOUT_CHANGES);
        limits = looksWithoutChanges < LOOKS_WITHOUT_CHANGES ? besideChanges : alone;
        events = limits.events() - waitingEvents;
        bytes = limits.bytes() - waitingBytes;
        boolean behind = waitingEvents >= alone.events() || waitingBytes >= alone.bytes();
        if (rows() == 0 && !behind && nanoTime.getAsLong() - addedAt >= AT_LEAST_EVERY_NANOS) {
            events = besideChanges.events();
            bytes = besideChanges.bytes();
        }
    }

    /** Notes what was added. */
    void added(long rows, long size) {
        events -= rows;
        bytes -= size;
        if (rows > 0) {
            addedAt = nanoTime.getAsLong();
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
