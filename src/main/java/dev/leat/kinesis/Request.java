package dev.leat.kinesis;

/** One PutRecords request: an entry from each of several queues, all for one stream. */
final class Request {

    private final ReadyQueues origin;
    private final RecordQueue[] queues;
    private final int from;
    private final int to;
    private final long sentAt;

    Request(ReadyQueues origin, RecordQueue[] queues, int from, int to, long sentAt) {
        this.origin = origin;
        this.queues = queues;
        this.from = from;
        this.to = to;
        this.sentAt = sentAt;
    }

    /** Where the queues were ready: their stream, within this claim. */
    ReadyQueues origin() {
        return origin;
    }

    String stream() {
        return origin.stream();
    }

    /** The number of entries. */
    int size() {
        return to - from;
    }

    /** The queue that an entry comes from. */
    RecordQueue queue(int entry) {
        return queues[from + entry];
    }

    /** Valid until the scheduler has taken in the request's completion. */
    RequestEntry entry(int entry) {
        return queue(entry).sent();
    }

    /** Nanoseconds on the publisher's clock. */
    long sentAt() {
        return sentAt;
    }

    /** The entries from {@code first} to before {@code end}, as a request of their own. */
    Request part(int first, int end) {
        return new Request(origin, queues, from + first, from + end, sentAt);
    }

    /** The same entries, sent at another time. */
    Request sentAt(long now) {
        return new Request(origin, queues, from, to, now);
    }
}
