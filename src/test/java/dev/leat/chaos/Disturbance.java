package dev.leat.chaos;

import java.util.Random;

/** Disturbs the parts of a round. */
@FunctionalInterface
interface Disturbance {

    /**
     * Strikes.
     *
     * @return undoes it, if anything is to be undone
     */
    Healing strike(Arena arena, Random dice) throws Exception;

    /** Undoes a disturbance. */
    @FunctionalInterface
    interface Healing {

        /** For what is over as soon as it has struck. */
        Healing NOTHING = () -> {};

        void heal() throws Exception;
    }
}
