package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.pipeline.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Records of a claim that are not decided yet and must be sent one after the other. At most one entry of a queue is in a request.
 * That entry begins with the first record, the head; the records behind it wait until the head is decided.
 */
abstract class RecordQueue {

    private final StreamRecord[] records;
    private final int[] next;
    private @Nullable RequestEntry sent;
    private int head;
    private int tail;
    private int remaining;
    private @Nullable Backoff backoff;
    private long notBefore;
    private @Nullable String storedIn;
    private @Nullable String shardId;
    private @Nullable String sequenceNumber;

    /** The next queue in the list that holds this one. */
    @Nullable
    RecordQueue link;

    /**
     * A queue without records.
     *
     * @param records all records of the claim
     * @param next for each record of the claim, the index of its successor in its queue; all queues share this array
     */
    RecordQueue(StreamRecord[] records, int[] next) {
        this.records = records;
        this.next = next;
    }

    /** The records of one partition key. Each is an entry of its own. */
    static final class OfKey extends RecordQueue {

        OfKey(StreamRecord[] records, int[] next) {
            super(records, next);
        }

        @Override
        RequestEntry build(RecordLimits limits, TruncateBarriers barriers) {
            return RequestEntry.Single.of(head());
        }
    }

    /**
     * The records of one lane, for a stream with aggregation. An entry holds as many records as are here and fit; it does not wait
     * for more. If Kinesis refuses an entry, the next entry holds half of its records, and so on, until the record that Kinesis
     * refuses is alone.
     */
    static final class OfLane extends RecordQueue {

        /** Firehose deaggregates up to this number. */
        private static final int MOST_EVENTS = 500;

        /** Among this number of the next records is one that Kinesis refuses. 0: no such record is known. */
        private int suspects;

        OfLane(StreamRecord[] records, int[] next) {
            super(records, next);
        }

        @Override
        RequestEntry build(RecordLimits limits, TruncateBarriers barriers) {
            StreamRecord first = head();
            Aggregation.Format format = limits.aggregation().of(first.stream());
            if (format == Aggregation.Format.NONE) {
                // The key's table was attached to another stream meanwhile, so the queue holds records for both
                // streams.
                return RequestEntry.Single.of(first);
            }
            RequestEntry.Aggregate aggregate = RequestEntry.Aggregate.empty(format, lane(), limits.aggregateBytes());
            int most = suspects == 0 ? MOST_EVENTS : Math.max(1, suspects / 2);
            for (int index = headIndex(); index >= 0 && aggregate.events() < most; index = after(index)) {
                StreamRecord record = record(index);
                int keyBytes = RecordLimits.keyBytes(record.partitionKey());
                if (!record.stream().equals(first.stream())
                        || keyBytes < 0
                        || !barriers.allows(record)
                        || !aggregate.add(record, keyBytes)) {
                    break;
                }
            }
            boolean singleWillDo = format == Aggregation.Format.KPL && aggregate.events() == 1;
            return aggregate.events() == 0 || singleWillDo ? RequestEntry.Single.besideAggregates(first) : aggregate;
        }

        @Override
        boolean narrow() {
            int events = sent().events();
            suspects = events > 1 ? events : 0;
            return suspects > 0;
        }

        @Override
        boolean isNarrowing() {
            return suspects > 0 && remaining() > 0;
        }

        @Override
        void advance() {
            super.advance();
            suspects = Math.max(0, suspects - 1);
        }
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
     * Builds the entry to send now. The head keeps the limits, and its barriers allow it.
     *
     * @param limits the limits of a record
     * @param barriers decide which records behind the head may go with it
     */
    final RequestEntry nextEntry(RecordLimits limits, TruncateBarriers barriers) {
        RequestEntry entry = build(limits, barriers);
        sent = entry;
        return entry;
    }

    abstract RequestEntry build(RecordLimits limits, TruncateBarriers barriers);

    /** The entry built last, until it is decided. */
    final RequestEntry sent() {
        return Objects.requireNonNull(sent, "no entry of this queue was sent");
    }

    /**
     * Kinesis refused the entry sent last.
     *
     * @return whether a part of that entry is tried next; if not, the entry held the head alone
     */
    boolean narrow() {
        return false;
    }

    /** Whether the record that Kinesis refuses is still being looked for. */
    boolean isNarrowing() {
        return false;
    }

    final StreamRecord head() {
        return records[head];
    }

    /** The index of the head in the claim. */
    final int headIndex() {
        return head;
    }

    final int remaining() {
        return remaining;
    }

    final int lane() {
        return head().event().lane();
    }

    /** The index of the record behind another; negative if there is none. */
    final int after(int index) {
        return index == tail ? -1 : next[index];
    }

    final StreamRecord record(int index) {
        return records[index];
    }

    /** Removes all records of a partition key. Returns their indexes in the claim, in order. */
    final List<Integer> removeKey(String key) {
        List<Integer> removed = new ArrayList<>();
        int before = -1;
        for (int left = remaining, index = head; left > 0; left--, index = next[index]) {
            if (!records[index].partitionKey().equals(key)) {
                before = index;
                continue;
            }
            removed.add(index);
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
        return removed;
    }

    /** The head is decided; the record behind it becomes the head. */
    void advance() {
        head = next[head];
        remaining--;
        notBefore = 0;
        backoff = null;
    }

    /** The head failed while other records of its lane were stored, so this queue backs off by itself. */
    final void failed(Backoff.Policy policy, Failure failure, long sentAt, long now) {
        if (backoff == null) {
            backoff = new Backoff(policy);
        }
        backoff.failed(failure, sentAt, now);
        notBefore = backoff.until();
    }

    /** The head is not sent before this time. */
    final void waitUntil(long at) {
        notBefore = at;
    }

    /** When the head may be sent again; 0: at once. */
    final long notBefore() {
        return notBefore;
    }

    @Nullable
    final Failure lastFailure() {
        return backoff == null ? null : backoff.lastFailure();
    }

    /**
     * Remembers where Kinesis stored the entry sent last.
     *
     * @return whether its sequence number is above the one before; always true for another shard or another stream, whose numbers do not
     *     compare
     */
    final boolean stored(String stream, String shard, String sequence) {
        boolean rising = sequenceNumber == null
                || !shard.equals(shardId)
                || !stream.equals(storedIn)
                || compare(sequenceNumber, sequence) < 0;
        storedIn = stream;
        shardId = shard;
        sequenceNumber = sequence;
        return rising;
    }

    /** Compares decimal numbers without leading zeros. */
    private static int compare(String left, String right) {
        return left.length() != right.length() ? left.length() - right.length() : left.compareTo(right);
    }
}
