package dev.leat.demo;

import java.util.Random;

/** One writer's randomness. */
public final class Dice {

    private final Random random;

    public Dice(long seed) {
        random = new Random(seed);
    }

    /** 0 to bound - 1. */
    public int below(int bound) {
        return random.nextInt(bound);
    }

    /** True in that many of a hundred cases. */
    public boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    String sku() {
        return "sku-" + (1 + below(Shop.SKUS));
    }
}
