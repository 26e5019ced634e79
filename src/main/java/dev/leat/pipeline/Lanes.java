package dev.leat.pipeline;

/** Every partition key belongs to a lane by its hash: the lanes are equal parts of the stream's hash space. */
public final class Lanes {

    /** How many there are; they are numbered from 0. A {@code long} has a bit for each. */
    public static final int COUNT = 64;

    private Lanes() {}
}
