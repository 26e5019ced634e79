package dev.leat.publish;

/** One request: an entry each of different lines, for one stream. */
final class Flight {

    private final StreamLine line;
    private final Line[] members;
    private final int from;
    private final int to;
    private final long leftAt;

    Flight(StreamLine line, Line[] members, int from, int to, long leftAt) {
        this.line = line;
        this.members = members;
        this.from = from;
        this.to = to;
        this.leftAt = leftAt;
    }

    StreamLine line() {
        return line;
    }

    String stream() {
        return line.stream();
    }

    int size() {
        return to - from;
    }

    /** The line that an entry is of. */
    Line member(int entry) {
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
    Flight part(int first, int end) {
        return new Flight(line, members, from + first, from + end, leftAt);
    }

    Flight leaving(long now) {
        return new Flight(line, members, from, to, now);
    }
}
