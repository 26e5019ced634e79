package dev.leat.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The short form of {@link Chaos}: every family once. */
class ChaosIT {

    /** Drawn anew at each run; to repeat one, set the system property. */
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);

    private static void run(long seed, Family first, Family... more) {
        Set<Family> families = EnumSet.of(first, more);
        Report report = new Round(Plan.ofAll(seed, families, 3, Duration.ofSeconds(4))).run();
        System.out.println("chaos: " + report.line());
        assertThat(report.wrong()).as(report.line()).isEmpty();
        assertThat(report.struck()).containsOnlyKeys(report.plan().menu());
    }

    @Test
    void aStreamThatRefusesAndForgetsToAnswer() {
        run(SEED, Family.ENTRIES, Family.REQUESTS, Family.ANSWERS, Family.LIES, Family.SLOW, Family.RESHARD);
    }

    @Test
    void pollersThatDieSleepJoinAndLeaveOnBadNetworks() {
        run(SEED + 1, Family.KILLS, Family.PAUSES, Family.CROWD, Family.NETWORK, Family.CLOCK);
    }

    @Test
    void aDatabaseThatRestartsCrashesAndRefuses() {
        run(SEED + 2, Family.SESSIONS, Family.RESTARTS, Family.READ_ONLY);
    }
}
