package dev.leat.pipeline;

import java.util.stream.IntStream;

/**
 * A set of lanes. The lanes are equal parts of the stream's hash key space: the hash of a partition key decides its lane. They are numbered
 * from 0.
 *
 * @param bits one for each lane; lane n is the bit 1 &lt;&lt; n, as in the statements of a claim
 */
public record Lanes(long bits) {

    /** The number of lanes. */
    public static final int COUNT = 64;

    public static final Lanes NONE = new Lanes(0);
    public static final Lanes ALL = new Lanes(-1);

    /** Those of these lanes. */
    public static Lanes of(Iterable<Integer> lanes) {
        long bits = 0;
        for (int lane : lanes) {
            bits |= 1L << lane;
        }
        return new Lanes(bits);
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    public int size() {
        return Long.bitCount(bits);
    }

    public boolean contains(int lane) {
        return (bits & 1L << lane) != 0;
    }

    public Lanes with(int lane) {
        return new Lanes(bits | 1L << lane);
    }

    public Lanes without(int lane) {
        return new Lanes(bits & ~(1L << lane));
    }

    /** The lanes that are in one of the two, or in both. */
    public Lanes or(Lanes other) {
        return new Lanes(bits | other.bits);
    }

    /** The lanes that are in both. */
    public Lanes and(Lanes other) {
        return new Lanes(bits & other.bits);
    }

    /** All other lanes. */
    public Lanes others() {
        return new Lanes(~bits);
    }

    /** The numbers of the lanes in the set, ascending. */
    public IntStream numbers() {
        return IntStream.range(0, COUNT).filter(this::contains);
    }

    @Override
    public String toString() {
        return "lanes " + numbers().boxed().toList();
    }
}
