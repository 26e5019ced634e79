package dev.leat.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * How much of a long test runs: a part of its cases or rounds with {@code mvn verify}, all of them with {@code mvn verify -Pfull}. The part
 * is chosen at random; {@code -Dleat.test.seed} repeats the choice.
 */
public final class Extent {

    private static final boolean FULL = Boolean.getBoolean("leat.test.full");
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff_ffffL);

    private Extent() {}

    /** The number for an ordinary run, or for a full one. */
    public static int of(int ordinary, int full) {
        return FULL ? full : ordinary;
    }

    /** As many of the cases, in their order; all of them in a full run. */
    public static <T> List<T> some(int count, List<T> cases) {
        if (FULL || cases.size() <= count) {
            return cases;
        }
        return draw(count, cases, String::valueOf);
    }

    /** As many of the cases, drawn at random, in their order; in a full run too. Prints the seed and the names. */
    public static <T> List<T> draw(int count, List<T> cases, Function<T, String> name) {
        List<Integer> indexes = new ArrayList<>();
        for (int n = 0; n < cases.size(); n++) {
            indexes.add(n);
        }
        Collections.shuffle(indexes, new Random(SEED));
        List<T> drawn =
                indexes.subList(0, count).stream().sorted().map(cases::get).toList();
        System.out.printf(
                "-Dleat.test.seed=%d: %d of %d cases: %s%n",
                SEED, count, cases.size(), drawn.stream().map(name).toList());
        return drawn;
    }
}
