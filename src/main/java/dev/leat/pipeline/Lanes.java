package dev.leat.pipeline;

/** The lanes: equal parts of the stream's hash key space. The hash of a partition key decides its lane. */
public final class Lanes {

    /** The number of lanes. They are numbered from 0, and a {@code long} has one bit for each. */
    public static final int COUNT = 64;

    private Lanes() {}
}
