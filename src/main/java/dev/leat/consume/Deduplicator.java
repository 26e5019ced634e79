package dev.leat.consume;

import java.util.HashMap;
import java.util.Map;

/**
 * Tells a change from its repetition, by one number for each partition key: the id of the last event applied. Leat's ids rise
 * within a key, so an event is new if its id is greater.
 *
 * <p>The numbers belong to what the events have changed. A consumer that stores its results stores {@link #lastIds()}, or the
 * one number that moved, with them in one transaction, and begins with them again; otherwise its own crash repeats a change or
 * skips one.
 *
 * <p>Memory grows with the number of keys, by some 150 bytes for each. Only the consumer knows which keys are over, so
 * bounding it is the consumer's matter: {@link #forget} drops one. A repetition of a forgotten key counts as new.
 *
 * <p>Safe for use by several threads, as long as the records of one key come in the order of the stream.
 */
public final class Deduplicator {

    private final Map<String, Long> lastIds;

    /** Begins with no history: the first event of every key is new. */
    public Deduplicator() {
        this(Map.of());
    }

    /**
     * Goes on from stored numbers.
     *
     * @param lastIds by partition key, the id of the last event applied; copied
     */
    public Deduplicator(Map<String, Long> lastIds) {
        this.lastIds = new HashMap<>(lastIds);
    }

    /**
     * Whether an event is to be applied; if so, it counts as applied from now on.
     *
     * @param partitionKey the record's partition key
     * @param id the event's {@code source.id}
     */
    public synchronized boolean first(String partitionKey, long id) {
        Long last = lastIds.get(partitionKey);
        if (last != null && id <= last) {
            return false;
        }
        lastIds.put(partitionKey, id);
        return true;
    }

    /** By partition key, the id of the last event applied: a copy, to be stored. */
    public synchronized Map<String, Long> lastIds() {
        return Map.copyOf(lastIds);
    }

    /** Drops the number of a key of which nothing will arrive any more. */
    public synchronized void forget(String partitionKey) {
        lastIds.remove(partitionKey);
    }
}
