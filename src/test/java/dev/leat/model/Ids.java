package dev.leat.model;

import java.util.function.IntConsumer;

/** Sets of small event ids, each an int whose bit {@code id} is set: a model has millions of them. */
final class Ids {

    static final int NONE = 0;

    private Ids() {}

    static int of(int id) {
        return 1 << id;
    }

    static boolean has(int ids, int id) {
        return (ids & of(id)) != 0;
    }

    static int upTo(int ids, int id) {
        return ids & (of(id + 1) - 1);
    }

    static int above(int ids, int id) {
        return ids & -of(id + 1);
    }

    /** The lowest one; 32 if there is none. */
    static int lowest(int ids) {
        return Integer.numberOfTrailingZeros(ids);
    }

    /** The highest one; 0 if there is none. */
    static int highest(int ids) {
        return ids == NONE ? 0 : 31 - Integer.numberOfLeadingZeros(ids);
    }

    /** The lowest ones, as many. */
    static int lowest(int ids, int count) {
        int rest = ids;
        for (int i = 0; i < count; i++) {
            rest &= rest - 1;
        }
        return ids & ~rest;
    }

    static int count(int ids) {
        return Integer.bitCount(ids);
    }

    static void each(int ids, IntConsumer action) {
        for (int rest = ids; rest != NONE; rest &= rest - 1) {
            action.accept(lowest(rest));
        }
    }
}
