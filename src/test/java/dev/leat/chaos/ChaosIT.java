package dev.leat.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Extent;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The short form of {@link Chaos}: some families of faults, each fault once; all of them in a full run. */
class ChaosIT {

    /** It refuses, and forgets to answer. */
    private static final Set<Family> STREAM = EnumSet.of(
            Family.ENTRIES,
            Family.REQUESTS,
            Family.ANSWERS,
            Family.LIES,
            Family.SLOW,
            Family.RESHARD,
            Family.LOADS,
            Family.REPLAYS);

    /** They die, sleep, join and leave, on bad networks. */
    private static final Set<Family> POLLERS = EnumSet.of(
            Family.KILLS, Family.PAUSES, Family.CROWD, Family.NETWORK, Family.CLOCK, Family.LOADS, Family.REPLAYS);

    /** It restarts, crashes and refuses. */
    private static final Set<Family> DATABASE =
            EnumSet.of(Family.SESSIONS, Family.RESTARTS, Family.READ_ONLY, Family.LOADS, Family.REPLAYS);

    /** Drawn anew at each run; to repeat one, set the system property. */
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);

    static Stream<Set<Family>> families() {
        return Extent.some(1, List.<Set<Family>>of(STREAM, POLLERS, DATABASE)).stream();
    }

    @ParameterizedTest
    @MethodSource("families")
    void everythingArrivesInOrderWhateverStrikes(Set<Family> families) {
        Report report = new Round(Plan.ofAll(SEED, families, 3, Duration.ofSeconds(4))).run();
        System.out.println("chaos: " + report.line());
        assertThat(report.wrong()).as(report.line()).isEmpty();
        assertThat(report.started()).containsOnlyKeys(report.plan().menu());
    }

    /** What the checker has found in order, and the comparison has not read as it was: it says what, and nothing else. */
    @Test
    @Tag("full")
    void theComparisonFindsWhatWasLostOrChangedOnItsWay() {
        PlantedReading reading = new PlantedReading();
        Plan plan = Plan.ofAll(SEED, EnumSet.of(Family.LOADS, Family.RESHARD), 2, Duration.ofSeconds(4))
                .aggregated(false);
        Report report = new Round(plan, reading).run();
        assertThat(report.verdict()).isNotNull();
        assertThat(report.wrong()).as(report.line()).hasSize(3).allMatch(line -> line.startsWith("reconcile says of "));
        String wrong = String.join("\n", report.wrong());
        assertThat(reading.expected())
                .hasSize(4)
                .allSatisfy((key, kind) ->
                        assertThat(wrong).containsOnlyOnce("kind=" + kind + ", partitionKey=" + key + ","));
        assertThat(wrong)
                .containsOnlyOnce("DIFFERENT=2")
                .containsOnlyOnce("MISSING=1")
                .containsOnlyOnce("EXTRA=1");
    }
}
