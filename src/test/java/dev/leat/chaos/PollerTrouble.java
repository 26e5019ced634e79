package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import java.util.Random;

/** Disturbances of pollers. */
final class PollerTrouble {

    private PollerTrouble() {}

    static Healing kill(TestSystem system, Random random) {
        system.supervisor().kill(random);
        return Healing.NOTHING;
    }

    static Healing terminate(TestSystem system, Random random) {
        system.supervisor().terminate(random);
        return Healing.NOTHING;
    }

    /** For longer than the publish deadline and the server's patience with an idle transaction together. */
    static Healing pause(TestSystem system, Random random) {
        return system.supervisor().pause(random);
    }

    static Healing joinAndLeave(TestSystem system, Random random) {
        system.supervisor().want(1 + random.nextInt(system.plan().mostPollers()));
        return Healing.NOTHING;
    }
}
