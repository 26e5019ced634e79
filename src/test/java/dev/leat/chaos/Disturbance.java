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
    Healing start(TestSystem system, Random random) throws Exception;

    /** Undoes a disturbance. */
    @FunctionalInterface
    interface Healing {

        /** For what is over as soon as it has started. */
        Healing NOTHING = () -> {};

        void heal() throws Exception;
    }
}
