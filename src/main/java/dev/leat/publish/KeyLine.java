package dev.leat.publish;

import dev.leat.StreamRecord;
import org.jspecify.annotations.Nullable;

/** The records of one partition key that are not decided yet. Only the first may be in a request. */
final class KeyLine {

    private final StreamRecord[] records;
    private final int[] next;
    private int head;
    private int tail;
    private int remaining;
    private @Nullable Rest rest;
    private long notBefore;
    private @Nullable String shardId;
    private @Nullable String sequenceNumber;

    /** The next key in whichever list this one is in. */
    @Nullable
    KeyLine link;

    /**
     * @param records of the whole claim
     * @param next of each record of the claim, the index of its key's next; shared by all lines
     */
    KeyLine(StreamRecord[] records, int[] next, int first) {
        this.records = records;
        this.next = next;
        this.head = first;
        this.tail = first;
        this.remaining = 1;
    }

    void append(int index) {
        next[tail] = index;
        tail = index;
        remaining++;
    }

    StreamRecord head() {
        return records[head];
    }

    int headIndex() {
        return head;
    }

    int remaining() {
        return remaining;
    }

    /** The head is decided; its successor takes its place. */
    void advance() {
        head = next[head];
        remaining--;
        notBefore = 0;
        rest = null;
    }

    /** Rests on its own account: others of its lane were accepted. */
    void failed(RetryPolicy policy, Failure failure, long leftAt, long now) {
        if (rest == null) {
            rest = new Rest();
        }
        rest.failed(policy, failure, leftAt, now);
        notBefore = rest.until();
    }

    void restUntil(long at) {
        notBefore = at;
    }

    @Nullable
    Failure lastFailure() {
        return rest == null ? null : rest.last();
    }

    long notBefore() {
        return notBefore;
    }

    /** Remembers where its last record landed, and says whether that is above the one before, as far as one shard can tell. */
    boolean landed(String shard, String sequence) {
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
