package dev.leat.kinesis;

import dev.leat.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Records of a claim that are not decided yet and leave one after the other. One entry of them at most is in a request: it begins
 * with the first, the head, and what is behind it waits until it is decided.
 */
abstract class RecordQueue {

    private final StreamRecord[] records;
    private final int[] next;
    private @Nullable Entry leaving;
    private int head;
    private int tail;
    private int remaining;
    private @Nullable Backoff rest;
    private long notBefore;
    private @Nullable String shardId;
    private @Nullable String sequenceNumber;

    /** The next line in whichever list this one is in. */
    @Nullable
    RecordQueue link;

    /**
     * An empty one.
     *
     * @param records of the whole claim
     * @param next of each record of the claim, the index of its successor in its line; shared by all lines
     */
    RecordQueue(StreamRecord[] records, int[] next) {
        this.records = records;
        this.next = next;
    }

    final void append(int index) {
        if (remaining == 0) {
            head = index;
        } else {
            next[tail] = index;
        }
        tail = index;
        remaining++;
    }

    /**
     * Makes up the entry that leaves now. The head is sound.
     *
     * @param limits of a record
     * @param gates what of the line may leave
     */
    final Entry board(RecordLimits limits, TruncateBarriers gates) {
        Entry entry = cut(limits, gates);
        leaving = entry;
        return entry;
    }

    abstract Entry cut(RecordLimits limits, TruncateBarriers gates);

    /** What has left last, until it is decided. */
    final Entry leaving() {
        return Objects.requireNonNull(leaving, "nothing has left");
    }

    /**
     * The stream refused what left last.
     *
     * @return whether part of it will be tried; if not, it is the head alone that the stream refuses
     */
    boolean narrow() {
        return false;
    }

    /** Whether what the stream refuses is being looked for among the next records. */
    boolean searching() {
        return false;
    }

    final StreamRecord head() {
        return records[head];
    }

    final int headIndex() {
        return head;
    }

    final int remaining() {
        return remaining;
    }

    final int lane() {
        return head().event().lane();
    }

    /** The successor's index in the claim; negative if there is none. */
    final int after(int index) {
        return index == tail ? -1 : next[index];
    }

    final StreamRecord record(int index) {
        return records[index];
    }

    /** Takes out the records of a partition key; returns their indexes in the claim, in order. */
    final List<Integer> takeOut(String key) {
        List<Integer> taken = new ArrayList<>();
        int before = -1;
        for (int left = remaining, index = head; left > 0; left--, index = next[index]) {
            if (!records[index].partitionKey().equals(key)) {
                before = index;
                continue;
            }
            taken.add(index);
            remaining--;
            if (index == head) {
                head = next[index];
            } else {
                next[before] = next[index];
            }
            if (index == tail) {
                tail = before;
            }
        }
        return taken;
    }

    /** The head is decided; its successor takes its place. */
    void advance() {
        head = next[head];
        remaining--;
        notBefore = 0;
        rest = null;
    }

    /** Rests on its own account: others of its lane were accepted. */
    final void failed(RetryPolicy policy, Failure failure, long leftAt, long now) {
        if (rest == null) {
            rest = new Backoff();
        }
        rest.failed(policy, failure, leftAt, now);
        notBefore = rest.until();
    }

    final void restUntil(long at) {
        notBefore = at;
    }

    @Nullable
    final Failure lastFailure() {
        return rest == null ? null : rest.last();
    }

    final long notBefore() {
        return notBefore;
    }

    /** Remembers where its last record landed, and says whether that is above the one before, as far as one shard can tell. */
    final boolean landed(String shard, String sequence) {
        boolean rising = sequenceNumber == null || !shard.equals(shardId) || compare(sequenceNumber, sequence) < 0;
        shardId = shard;
        sequenceNumber = sequence;
        return rising;
    }

    /** Decimal numbers without leading zeros. */
    private static int compare(String left, String right) {
        return left.length() != right.length() ? left.length() - right.length() : left.compareTo(right);
    }
}
