package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/**
 * The queues of a claim whose heads may be sent to one stream now. The longest queue comes first: it needs as many round trips as it
 * has entries, and the other queues are served beside it. Queues are ordered by powers of two of their length, so each step is
 * constant work. Queues of the same power come in the order in which they became ready.
 */
final class ReadyQueues {

    private final String stream;
    private final StreamState state;
    private final @Nullable RecordQueue[] first = new RecordQueue[32];
    private final @Nullable RecordQueue[] last = new RecordQueue[32];
    private int filled;
    private int size;
    private int inFlight;
    private @Nullable Failure givenUp;

    ReadyQueues(String stream, StreamState state) {
        this.stream = stream;
        this.state = state;
    }

    String stream() {
        return stream;
    }

    /** What all claims share about this stream. */
    StreamState state() {
        return state;
    }

    void add(RecordQueue queue) {
        int power = 31 - Integer.numberOfLeadingZeros(queue.remaining());
        queue.link = null;
        RecordQueue end = last[power];
        if (end == null) {
            first[power] = queue;
            filled |= 1 << power;
        } else {
            end.link = queue;
        }
        last[power] = queue;
        size++;
    }

    boolean isEmpty() {
        return filled == 0;
    }

    int size() {
        return size;
    }

    /** The queue to serve next; it stays where it is. */
    @Nullable
    RecordQueue peek() {
        return filled == 0 ? null : first[31 - Integer.numberOfLeadingZeros(filled)];
    }

    /** Removes the queue that {@link #peek()} returns. */
    void remove() {
        int power = 31 - Integer.numberOfLeadingZeros(filled);
        RecordQueue queue = first[power];
        if (queue == null) {
            throw new IllegalStateException("there is no ready queue to remove");
        }
        size--;
        first[power] = queue.link;
        queue.link = null;
        if (first[power] == null) {
            last[power] = null;
            filled &= ~(1 << power);
        }
    }

    /** Whether a request to the stream may begin now. A failing stream gets one request at a time, after its backoff. */
    boolean maySend(long now) {
        Backoff backoff = state.backoff();
        return givenUp == null
                && inFlight < state.window()
                && backoff.until() <= now
                && !(backoff.failing() && inFlight > 0);
    }

    void requestBegan() {
        inFlight++;
    }

    void requestEnded() {
        inFlight--;
    }

    /** The number of requests of this claim that are under way to the stream. */
    int inFlight() {
        return inFlight;
    }

    /** This claim begins no more requests to the stream. */
    void giveUp(Failure failure) {
        givenUp = failure;
    }

    @Nullable
    Failure givenUp() {
        return givenUp;
    }

    /** The last failure that keeps the head of a queue from being sent, if there was one. */
    @Nullable
    Failure lastFailure(RecordQueue queue) {
        if (givenUp != null) {
            return givenUp;
        }
        Failure ofLane = state.laneBackoff(queue.lane()).lastFailure();
        Failure ofQueue = queue.lastFailure();
        return state.backoff().failing() ? state.backoff().lastFailure() : ofQueue != null ? ofQueue : ofLane;
    }
}
