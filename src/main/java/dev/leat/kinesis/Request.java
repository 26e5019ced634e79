package dev.leat.kinesis;

/** One request: an entry each of different lines, for one stream. */
final class Request {

    private final ReadyQueues line;
    private final RecordQueue[] members;
    private final int from;
    private final int to;
    private final long leftAt;

    Request(ReadyQueues line, RecordQueue[] members, int from, int to, long leftAt) {
        this.line = line;
        this.members = members;
        this.from = from;
        this.to = to;
        this.leftAt = leftAt;
    }

    ReadyQueues line() {
        return line;
    }

    String stream() {
        return line.stream();
    }

    int size() {
        return to - from;
    }

    /** The line that an entry is of. */
    RecordQueue member(int entry) {
        return members[from + entry];
    }

    /** Valid until the answer is taken in. */
    Entry entry(int entry) {
        return member(entry).leaving();
    }

    long leftAt() {
        return leftAt;
    }

    /** The part from one entry up to another, to leave on its own. */
    Request part(int first, int end) {
        return new Request(line, members, from + first, from + end, leftAt);
    }

    Request leaving(long now) {
        return new Request(line, members, from, to, now);
    }
}
