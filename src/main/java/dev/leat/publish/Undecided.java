package dev.leat.publish;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.StreamRecord;
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
 * The records of a claim that are not decided yet, each key in exactly one place: free to leave (in its stream's line), in a
 * request, at rest until a time, or kept by its lane's gate.
 */
final class Undecided {

    private final @Nullable Outcome[] outcomes;
    private final Function<String, StreamPace> paces;
    private final Map<String, StreamLine> lines = new HashMap<>();
    private final List<StreamLine> rota = new ArrayList<>();
    private final List<KeyLine> keys = new ArrayList<>();
    private final LaneGates gates;
    private final PriorityQueue<KeyLine> resting = new PriorityQueue<>(Comparator.comparingLong(KeyLine::notBefore));

    Undecided(List<StreamRecord> list, Function<String, StreamPace> paces) {
        StreamRecord[] records = list.toArray(StreamRecord[]::new);
        this.outcomes = new Outcome[records.length];
        this.paces = paces;
        this.gates = new LaneGates(records);
        int[] next = new int[records.length];
        Arrays.fill(next, -1);
        Map<String, KeyLine> byKey = new HashMap<>(2 * records.length);
        for (int index = 0; index < records.length; index++) {
            KeyLine key = byKey.get(records[index].partitionKey());
            if (key == null) {
                key = new KeyLine(records, next, index);
                byKey.put(records[index].partitionKey(), key);
                keys.add(key);
            } else {
                key.append(index);
            }
        }
        keys.forEach(this::free);
    }

    /** The lines of the streams met so far. */
    List<StreamLine> lines() {
        return rota;
    }

    /** The key's next record may leave as soon as its lane's markers and its stream allow. */
    void free(KeyLine key) {
        if (gates.passes(key)) {
            lineOf(key.head().stream()).add(key);
        }
    }

    void rest(KeyLine key) {
        resting.add(key);
    }

    /** Frees the keys whose rest is over. */
    void wake(long now) {
        for (KeyLine key = resting.peek(); key != null && key.notBefore() <= now; key = resting.peek()) {
            resting.remove();
            free(key);
        }
    }

    /** When the next key's rest is over; {@code Long.MAX_VALUE}: none rests. */
    long wakeAt() {
        KeyLine first = resting.peek();
        return first == null ? Long.MAX_VALUE : first.notBefore();
    }

    void delivered(KeyLine key, String shardId, String sequenceNumber) {
        decide(key, new Outcome.Delivered(key.head().event(), shardId, sequenceNumber));
        if (key.remaining() > 0) {
            free(key);
        }
    }

    /** Decides the key's next record, and those behind it unless they may pass. */
    void quarantine(KeyLine key, String reason) {
        Event culprit = key.head().event();
        decide(key, new Outcome.Quarantined(culprit, reason));
        while (!culprit.mayPass() && key.remaining() > 0) {
            decide(key, new Outcome.Waiting(key.head().event(), culprit.id()));
        }
        if (key.remaining() > 0) {
            free(key);
        }
    }

    private void decide(KeyLine key, Outcome outcome) {
        outcomes[key.headIndex()] = outcome;
        StreamRecord record = key.head();
        key.advance();
        gates.decided(record).forEach(this::free);
    }

    private StreamLine lineOf(String stream) {
        StreamLine line = lines.get(stream);
        if (line == null) {
            line = new StreamLine(stream, paces.apply(stream));
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
        for (KeyLine key : keys) {
            if (key.remaining() > 0) {
                Failure trouble = lineOf(key.head().stream()).troubleOf(key);
                String why = trouble == null ? reason : reason + "; last: " + trouble.describe();
                for (; key.remaining() > 0; key.advance()) {
                    outcomes[key.headIndex()] = new Outcome.TryLater(key.head().event(), why);
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
