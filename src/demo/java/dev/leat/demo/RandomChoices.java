package dev.leat.demo;

import java.util.Random;

/** The random choices of one writer. Not thread-safe. */
public final class RandomChoices {

    private final Random random;

    public RandomChoices(long seed) {
        random = new Random(seed);
    }

    /** 0 to bound - 1. */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** True with that probability in percent. */
    public boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    String sku() {
        return "sku-" + (1 + below(Shop.SKUS));
    }
}
