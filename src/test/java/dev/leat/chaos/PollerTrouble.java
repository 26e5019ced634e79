package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import java.util.Random;

/** Disturbances of pollers. */
final class PollerTrouble {

    private PollerTrouble() {}

    static Healing kill(Arena arena, Random dice) {
        arena.crew().kill(dice);
        return Healing.NOTHING;
    }

    static Healing terminate(Arena arena, Random dice) {
        arena.crew().terminate(dice);
        return Healing.NOTHING;
    }

    /** For longer than the publish deadline and the server's patience with an idle transaction together. */
    static Healing pause(Arena arena, Random dice) {
        return arena.crew().pause(dice);
    }

    static Healing joinAndLeave(Arena arena, Random dice) {
        arena.crew().want(1 + dice.nextInt(arena.plan().mostPollers()));
        return Healing.NOTHING;
    }
}
