package dev.leat.kinesis;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.StreamRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The records of a claim that are not decided yet, each line in exactly one place: free to leave (in its stream's line), in a
 * request, at rest until a time, or kept by its lane's gate.
 */
final class PendingRecords {

    private final @Nullable Outcome[] outcomes;
    private final Function<String, StreamState> paces;
    private final Map<String, ReadyQueues> lines = new HashMap<>();
    private final List<ReadyQueues> rota = new ArrayList<>();
    private final List<RecordQueue> members;
    private final List<RecordQueue> searched = new ArrayList<>();
    private final TruncateBarriers gates;
    private final PriorityQueue<RecordQueue> resting =
            new PriorityQueue<>(Comparator.comparingLong(RecordQueue::notBefore));

    PendingRecords(List<StreamRecord> list, Function<String, StreamState> paces, Aggregation aggregation) {
        StreamRecord[] records = list.toArray(StreamRecord[]::new);
        this.outcomes = new Outcome[records.length];
        this.paces = paces;
        this.gates = new TruncateBarriers(records);
        this.members = LineUp.of(records, aggregation);
        members.forEach(this::free);
    }

    /** The lines of the streams met so far. */
    List<ReadyQueues> lines() {
        return rota;
    }

    /** The line's head may leave as soon as its lane's markers and its stream allow. */
    void free(RecordQueue member) {
        if (gates.passes(member)) {
            lineOf(member.head().stream()).add(member);
        }
    }

    /** Makes up what leaves of a line that is free. */
    Entry board(RecordQueue member, RecordLimits limits) {
        return member.board(limits, gates);
    }

    void rest(RecordQueue member) {
        resting.add(member);
    }

    /** Frees the lines whose rest is over. */
    void wake(long now) {
        for (RecordQueue first = resting.peek(); first != null && first.notBefore() <= now; first = resting.peek()) {
            resting.remove();
            free(first);
        }
    }

    /** When the next line's rest is over; {@code Long.MAX_VALUE}: none rests. */
    long wakeAt() {
        RecordQueue first = resting.peek();
        return first == null ? Long.MAX_VALUE : first.notBefore();
    }

    /** All that left of the line was acknowledged: a record's events share its sequence number. */
    void delivered(RecordQueue member, String shardId, String sequenceNumber) {
        for (int left = member.leaving().events(); left > 0; left--) {
            decideHead(member, new Outcome.Delivered(member.head().event(), shardId, sequenceNumber));
        }
        freeIfAny(member);
    }

    /** The stream does not take what left of the line. Of several events a part leaves next, to find out which it is. */
    void refused(RecordQueue member, String reason) {
        if (member.narrow()) {
            searched.add(member);
            free(member);
        } else {
            quarantine(member, reason);
        }
    }

    /** Whether an event that spoils its record is being looked for. */
    boolean searching() {
        searched.removeIf(member -> !member.searching());
        return !searched.isEmpty();
    }

    /** Decides the line's head, and those of its key behind it unless they may pass. */
    void quarantine(RecordQueue member, String reason) {
        Event culprit = member.head().event();
        decideHead(member, new Outcome.Quarantined(culprit, reason));
        if (!culprit.mayPass()) {
            for (int behind : member.takeOut(culprit.route().partitionKey())) {
                StreamRecord record = member.record(behind);
                outcomes[behind] = new Outcome.Waiting(record.event(), culprit.id());
                gates.decided(record).forEach(this::free);
            }
        }
        freeIfAny(member);
    }

    private void decideHead(RecordQueue member, Outcome outcome) {
        StreamRecord record = member.head();
        outcomes[member.headIndex()] = outcome;
        member.advance();
        gates.decided(record).forEach(this::free);
    }

    private void freeIfAny(RecordQueue member) {
        if (member.remaining() > 0) {
            free(member);
        }
    }

    private ReadyQueues lineOf(String stream) {
        ReadyQueues line = lines.get(stream);
        if (line == null) {
            line = new ReadyQueues(stream, paces.apply(stream));
            lines.put(stream, line);
            rota.add(line);
        }
        return line;
    }

    /**
     * What became of each record, in the order given. Ends the use of this object.
     *
     * @param reason why those not decided are to be tried later
     */
    List<Outcome> outcomes(String reason) {
        for (RecordQueue member : members) {
            if (member.remaining() > 0) {
                Failure trouble = lineOf(member.head().stream()).troubleOf(member);
                String why = trouble == null ? reason : reason + "; last: " + trouble.describe();
                for (; member.remaining() > 0; member.advance()) {
                    outcomes[member.headIndex()] =
                            new Outcome.TryLater(member.head().event(), why);
                }
            }
        }
        List<Outcome> all = new ArrayList<>(outcomes.length);
        for (Outcome outcome : outcomes) {
            if (outcome == null) {
                throw new IllegalStateException("a record without an outcome");
            }
            all.add(outcome);
        }
        return all;
    }
}
