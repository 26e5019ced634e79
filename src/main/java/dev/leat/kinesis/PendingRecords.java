package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.StreamRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The records of a claim that are not decided yet. Each queue of them is in exactly one place: ready for its stream, in a request,
 * waiting until a time, or held by a truncate barrier of its lane.
 */
final class PendingRecords {

    private final @Nullable Outcome[] outcomes;
    private final Function<String, StreamState> states;
    private final Map<String, ReadyQueues> readyByStream = new HashMap<>();
    private final List<ReadyQueues> streams = new ArrayList<>();
    private final List<RecordQueue> queues;
    private final List<RecordQueue> narrowing = new ArrayList<>();
    private final TruncateBarriers barriers;
    private final PriorityQueue<RecordQueue> waiting =
            new PriorityQueue<>(Comparator.comparingLong(RecordQueue::notBefore));

    /**
     * @param list in ascending order of id within each partition key
     * @param aggregation which streams get one queue for each lane, not for each partition key
     * @param states what all claims share about a stream
     */
    PendingRecords(List<StreamRecord> list, Aggregation aggregation, Function<String, StreamState> states) {
        StreamRecord[] records = list.toArray(StreamRecord[]::new);
        this.outcomes = new Outcome[records.length];
        this.states = states;
        this.barriers = new TruncateBarriers(records);
        this.queues = new Queueing(records, aggregation).queues();
        queues.forEach(this::ready);
    }

    /**
     * Puts the records of a claim into queues: one for each partition key, or one for each lane where the stream has aggregation. All
     * records of a key are in one queue, whatever their streams, so that none is sent before its predecessor.
     */
    private static final class Queueing {

        private final StreamRecord[] records;
        private final Aggregation aggregation;
        private final int[] next;
        private final Map<String, RecordQueue[]> lanesByStream = new HashMap<>();
        private final List<RecordQueue> queues = new ArrayList<>();

        Queueing(StreamRecord[] records, Aggregation aggregation) {
            this.records = records;
            this.aggregation = aggregation;
            this.next = new int[records.length];
            Arrays.fill(next, -1);
        }

        List<RecordQueue> queues() {
            if (oneStreamWithAggregation()) {
                for (int index = 0; index < records.length; index++) {
                    ofLane(records[index]).append(index);
                }
            } else {
                Map<String, RecordQueue> byKey = new HashMap<>(2 * records.length);
                if (aggregation.any()) {
                    findKeysWithAggregation(byKey);
                }
                for (int index = 0; index < records.length; index++) {
                    ofKey(records[index].partitionKey(), byKey).append(index);
                }
            }
            return queues;
        }

        /** The usual case of aggregation. No map of keys is needed in it. */
        private boolean oneStreamWithAggregation() {
            if (records.length == 0 || aggregation.of(records[0].stream()) == Aggregation.Format.NONE) {
                return false;
            }
            for (StreamRecord record : records) {
                if (!record.stream().equals(records[0].stream())) {
                    return false;
                }
            }
            return true;
        }

        /** A key with any record for a stream with aggregation goes into the queue of its lane. */
        private void findKeysWithAggregation(Map<String, RecordQueue> byKey) {
            for (StreamRecord record : records) {
                if (aggregation.of(record.stream()) != Aggregation.Format.NONE
                        && !byKey.containsKey(record.partitionKey())) {
                    byKey.put(record.partitionKey(), ofLane(record));
                }
            }
        }

        private RecordQueue ofLane(StreamRecord record) {
            RecordQueue[] lanes =
                    lanesByStream.computeIfAbsent(record.stream(), stream -> new RecordQueue[Lanes.COUNT]);
            int lane = record.event().lane();
            if (lanes[lane] == null) {
                lanes[lane] = add(new RecordQueue.OfLane(records, next));
            }
            return lanes[lane];
        }

        private RecordQueue ofKey(String key, Map<String, RecordQueue> byKey) {
            RecordQueue queue = byKey.get(key);
            if (queue == null) {
                queue = add(new RecordQueue.OfKey(records, next));
                byKey.put(key, queue);
            }
            return queue;
        }

        private RecordQueue add(RecordQueue queue) {
            queues.add(queue);
            return queue;
        }
    }

    /** The streams met so far, each with its ready queues. */
    List<ReadyQueues> streams() {
        return streams;
    }

    /** The head of a queue may be sent as soon as the barriers of its lane and its stream allow it. */
    void ready(RecordQueue queue) {
        if (barriers.admits(queue)) {
            readyOf(queue.head().stream()).add(queue);
        }
    }

    /** Builds the next entry of a ready queue. */
    RequestEntry nextEntry(RecordQueue queue, RecordLimits limits) {
        return queue.nextEntry(limits, barriers);
    }

    /** The queue waits until its {@link RecordQueue#notBefore()}. */
    void backOff(RecordQueue queue) {
        waiting.add(queue);
    }

    /** Makes the queues ready whose waiting time is over. */
    void wake(long now) {
        for (RecordQueue first = waiting.peek(); first != null && first.notBefore() <= now; first = waiting.peek()) {
            waiting.remove();
            ready(first);
        }
    }

    /** When the waiting time of the next queue is over; {@code Long.MAX_VALUE}: no queue waits. */
    long wakeAt() {
        RecordQueue first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.notBefore();
    }

    /** Kinesis stored the entry of a queue. The events of an aggregate share its sequence number. */
    void delivered(RecordQueue queue, String shardId, String sequenceNumber) {
        for (int left = queue.sent().events(); left > 0; left--) {
            decideHead(queue, new Outcome.Delivered(queue.head().event(), shardId, sequenceNumber));
        }
        readyIfAny(queue);
    }

    /** Kinesis refuses the entry of a queue. If the entry holds several events, a part of them is sent next. */
    void refused(RecordQueue queue, String reason) {
        if (queue.narrow()) {
            narrowing.add(queue);
            ready(queue);
        } else {
            quarantine(queue, reason);
        }
    }

    /** Whether an event that Kinesis refuses is being looked for in an aggregate. */
    boolean isNarrowing() {
        narrowing.removeIf(queue -> !queue.isNarrowing());
        return !narrowing.isEmpty();
    }

    /** Decides the head of a queue, and the records of its key behind it unless they may pass. */
    void quarantine(RecordQueue queue, String reason) {
        Event culprit = queue.head().event();
        decideHead(queue, new Outcome.Quarantined(culprit, reason));
        if (!culprit.mayPass()) {
            for (int behind : queue.removeKey(culprit.route().partitionKey())) {
                StreamRecord record = queue.record(behind);
                outcomes[behind] = new Outcome.Waiting(record.event(), culprit.id());
                barriers.decided(record).forEach(this::ready);
            }
        }
        readyIfAny(queue);
    }

    private void decideHead(RecordQueue queue, Outcome outcome) {
        StreamRecord record = queue.head();
        outcomes[queue.headIndex()] = outcome;
        queue.advance();
        barriers.decided(record).forEach(this::ready);
    }

    private void readyIfAny(RecordQueue queue) {
        if (queue.remaining() > 0) {
            ready(queue);
        }
    }

    private ReadyQueues readyOf(String stream) {
        ReadyQueues ready = readyByStream.get(stream);
        if (ready == null) {
            ready = new ReadyQueues(stream, states.apply(stream));
            readyByStream.put(stream, ready);
            streams.add(ready);
        }
        return ready;
    }

    /**
     * What became of each record, in the order given. This object must not be used afterwards.
     *
     * @param reason why the records that are not decided are to be tried later
     */
    List<Outcome> outcomes(String reason) {
        for (RecordQueue queue : queues) {
            if (queue.remaining() > 0) {
                Failure last = readyOf(queue.head().stream()).lastFailure(queue);
                String why = last == null ? reason : reason + "; last: " + last.describe();
                for (; queue.remaining() > 0; queue.advance()) {
                    outcomes[queue.headIndex()] =
                            new Outcome.TryLater(queue.head().event(), why);
                }
            }
        }
        List<Outcome> all = new ArrayList<>(outcomes.length);
        for (Outcome outcome : outcomes) {
            if (outcome == null) {
                throw new IllegalStateException("a record has no outcome");
            }
            all.add(outcome);
        }
        return all;
    }
}
