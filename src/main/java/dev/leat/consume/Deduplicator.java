package dev.leat.consume;

import java.util.HashMap;
import java.util.Map;

/**
 * Recognizes repeated events, by one number for each source name and partition key together: the id of the last event applied.
 * Leat's ids rise within these, so an event is new if its id is greater.
 *
 * <p>A consumer that stores its results must store {@link #lastIds()}, or the number that changed, in the same transaction, and start
 * with the stored numbers again. Otherwise a crash of the consumer repeats or skips a change.
 *
 * <p>Memory grows with the number of keys, by some 200 bytes for each. {@link #forget} drops one; a repetition of a forgotten key
 * counts as new. {@code docs/guarantees.md} says when nothing of a key can be repeated any more: not yet at a delete.
 *
 * <p>Safe for use by several threads, as long as the records of one key come in the order of the stream.
 */
public final class Deduplicator {

    /**
     * What one number is kept for.
     *
     * @param sourceName {@code source.name}: two databases may have a table of the same name
     * @param partitionKey {@code source.partition_key}
     */
    public record Key(String sourceName, String partitionKey) {}

    private final Map<Key, Long> lastIds;

    /** Begins with no history: the first event of every key is new. */
    public Deduplicator() {
        this(Map.of());
    }

    /**
     * Goes on from stored numbers.
     *
     * @param lastIds by key, the id of the last event applied; copied
     */
    public Deduplicator(Map<Key, Long> lastIds) {
        this.lastIds = new HashMap<>(lastIds);
    }

    /**
     * Whether an event is to be applied; if so, it counts as applied from now on.
     *
     * @param envelope one event, as {@link Unpacker#unpack} gives it
     * @throws IllegalArgumentException when this is not an envelope of Leat's
     */
    public boolean first(byte[] envelope) {
        return first(Identity.of(envelope));
    }

    /** Whether an event is to be applied; if so, it counts as applied from now on. */
    public synchronized boolean first(Identity event) {
        Key key = new Key(event.sourceName(), event.partitionKey());
        Long last = lastIds.get(key);
        if (last != null && event.id() <= last) {
            return false;
        }
        lastIds.put(key, event.id());
        return true;
    }

    /** By key, the id of the last event applied: a copy, to be stored. */
    public synchronized Map<Key, Long> lastIds() {
        return Map.copyOf(lastIds);
    }

    /** Drops the number of a key for which no event will arrive any more. */
    public synchronized void forget(Key key) {
        lastIds.remove(key);
    }
}
