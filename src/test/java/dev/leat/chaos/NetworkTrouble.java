package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.TcpProxy;
import java.time.Duration;
import java.util.Random;

/** Disturbances of the networks between the pollers and the database or the stream. */
final class NetworkTrouble {

    private NetworkTrouble() {}

    static Healing toDatabase(Arena arena, Random dice) {
        return disturb(arena.toDatabase(), dice);
    }

    static Healing toStream(Arena arena, Random dice) {
        return disturb(arena.toStream(), dice);
    }

    private static Healing disturb(TcpProxy network, Random dice) {
        switch (dice.nextInt(4)) {
            case 0 -> network.cut();
            case 1 -> network.silence();
            case 2 -> network.stall();
            default -> network.slow(Duration.ofMillis(20 + dice.nextInt(300)));
        }
        return network::heal;
    }
}
