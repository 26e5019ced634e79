package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.TcpProxy;
import java.time.Duration;
import java.util.Random;

/** Disturbances of the networks between the pollers and the database or the stream. */
final class NetworkTrouble {

    private NetworkTrouble() {}

    static Healing toDatabase(TestSystem system, Random random) {
        return disturb(system.toDatabase(), random);
    }

    static Healing toStream(TestSystem system, Random random) {
        return disturb(system.toStream(), random);
    }

    private static Healing disturb(TcpProxy network, Random random) {
        switch (random.nextInt(4)) {
            case 0 -> network.cut();
            case 1 -> network.silence();
            case 2 -> network.stall();
            default -> network.slow(Duration.ofMillis(20 + random.nextInt(300)));
        }
        return network::heal;
    }
}
