package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** The replays of a round. */
final class Replays {

    private static final List<String> SELECTIONS =
            List.of("", "'{public.orders}'", "'{public.scratch,public.stock}'", "key => 'public.stock.sku-1'");

    private Replays() {}

    /** Sends kept events again; now and then cancels the replay that is running. */
    static Healing begin(TestSystem system, Random random) {
        String call = random.nextInt(4) == 0
                ? "cancel_replay()"
                : "replay(" + SELECTIONS.get(random.nextInt(SELECTIONS.size())) + ")";
        try {
            system.database().run("SET lock_timeout = '1s'; SELECT leat." + call);
        } catch (IllegalStateException e) {
            // One is running, or none is, or nothing was kept yet, or the database takes no writes.
        }
        return Healing.NOTHING;
    }

    /** Waits until the replay that is running has sent everything. */
    static void end(TestDatabase database, Duration patience) {
        Await.until(
                "the end of the replay",
                patience,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.replay WHERE state = 'running'")));
    }
}
