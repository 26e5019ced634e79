package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/**
 * The lines whose next records are free to leave for one stream. Those with the longest queue come first: what they hold takes as
 * many round trips as it has records, and everything else fits in beside them. Queues are told apart by powers of two, so that
 * each step is constant work; within a power, first come, first served.
 */
final class ReadyQueues {

    private final String stream;
    private final StreamState pace;
    private final @Nullable RecordQueue[] first = new RecordQueue[32];
    private final @Nullable RecordQueue[] last = new RecordQueue[32];
    private int filled;
    private int size;
    private int inFlight;
    private @Nullable Failure givenUp;

    ReadyQueues(String stream, StreamState pace) {
        this.stream = stream;
        this.pace = pace;
    }

    String stream() {
        return stream;
    }

    StreamState pace() {
        return pace;
    }

    void add(RecordQueue line) {
        int power = 31 - Integer.numberOfLeadingZeros(line.remaining());
        line.link = null;
        RecordQueue end = last[power];
        if (end == null) {
            first[power] = line;
            filled |= 1 << power;
        } else {
            end.link = line;
        }
        last[power] = line;
        size++;
    }

    boolean isEmpty() {
        return filled == 0;
    }

    /** How many lines are free. */
    int size() {
        return size;
    }

    /** The line to serve next, left where it is. */
    @Nullable
    RecordQueue peek() {
        return filled == 0 ? null : first[31 - Integer.numberOfLeadingZeros(filled)];
    }

    /** Takes out the line that {@link #peek()} shows. */
    void remove() {
        int power = 31 - Integer.numberOfLeadingZeros(filled);
        RecordQueue line = first[power];
        if (line == null) {
            throw new IllegalStateException("nothing to remove");
        }
        size--;
        first[power] = line.link;
        line.link = null;
        if (first[power] == null) {
            last[power] = null;
            filled &= ~(1 << power);
        }
    }

    /** A stream in trouble is probed by one request at a time, after its rest. */
    boolean open(long now) {
        Backoff whole = pace.whole();
        return givenUp == null
                && inFlight < pace.window()
                && whole.until() <= now
                && !(whole.troubled() && inFlight > 0);
    }

    void left() {
        inFlight++;
    }

    void landed() {
        inFlight--;
    }

    int inFlight() {
        return inFlight;
    }

    /** No more requests for this stream in this claim. */
    void giveUp(Failure failure) {
        givenUp = failure;
    }

    @Nullable
    Failure givenUp() {
        return givenUp;
    }

    /** What last went wrong for the line's next record, if anything did. */
    @Nullable
    Failure troubleOf(RecordQueue line) {
        if (givenUp != null) {
            return givenUp;
        }
        Failure ofLane = pace.lane(line.lane()).last();
        Failure ofKey = line.lastFailure();
        return pace.whole().troubled() ? pace.whole().last() : ofKey != null ? ofKey : ofLane;
    }
}
