package dev.leat.localstream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of one shard, numbered from 1 without a gap. Trimming drops the oldest. Not thread-safe: the stream's lock guards it.
 */
final class ShardLog {

    /** About how many bytes a record needs besides its data and key. */
    static final int OVERHEAD = 120;

    /**
     * One record.
     *
     * @param count its number within the shard
     * @param arrival its place among all records of the stream
     * @param arrivedAt milliseconds since the epoch
     */
    record Entry(long count, long arrival, long arrivedAt, String partitionKey, byte[] data, int size) {
        long footprint() {
            return size + (long) OVERHEAD;
        }
    }

    private @Nullable Entry[] ring = new @Nullable Entry[64];
    private long first = 1;
    private long next = 1;

    /** The number of the oldest record kept; equals {@link #next} if there is none. */
    long first() {
        return first;
    }

    /** The number that the next record gets. */
    long next() {
        return next;
    }

    void append(Entry entry) {
        if (next - first == ring.length) {
            grow();
        }
        ring[slot(next)] = entry;
        next++;
    }

    Entry get(long count) {
        Entry entry = count < first || count >= next ? null : ring[slot(count)];
        if (entry == null) {
            throw new IndexOutOfBoundsException("record " + count + " of " + first + " to " + next);
        }
        return entry;
    }

    Entry removeFirst() {
        Entry entry = get(first);
        ring[slot(first)] = null;
        first++;
        return entry;
    }

    /** Records from that number on, up to the limits; at least one if there is any. */
    List<Entry> read(long from, int maxRecords, long maxBytes) {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        for (long count = Math.max(from, first); count < next && entries.size() < maxRecords; count++) {
            Entry entry = get(count);
            bytes += entry.size();
            if (bytes > maxBytes && !entries.isEmpty()) {
                break;
            }
            entries.add(entry);
        }
        return entries;
    }

    /** The number of the first record that arrived at that time or later; {@link #next} if none did. */
    long firstArrivedAt(long millis) {
        long low = first;
        long high = next;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (get(middle).arrivedAt() < millis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int slot(long count) {
        return (int) (count & (ring.length - 1));
    }

    /** The length stays a power of two, so that a slot is found by masking. */
    private void grow() {
        @Nullable Entry[] old = ring;
        @Nullable Entry[] larger = Arrays.copyOf(old, old.length * 2);
        Arrays.fill(larger, null);
        for (long count = first; count < next; count++) {
            larger[(int) (count & (larger.length - 1))] = old[(int) (count & (old.length - 1))];
        }
        ring = larger;
    }
}
