package dev.leat.chaos;

import dev.leat.chaos.Kind.Trait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * The plan of a round. All of it is chosen at random by its seed.
 *
 * @param menu the kinds of disturbances
 * @param pollers how many there are at first
 * @param mostPollers how many there may be while they join and leave
 * @param publishDeadline the pollers' setting
 * @param batch the pollers' setting
 * @param workers the pollers' setting
 * @param aggregated whether the pollers put several events into a record
 * @param transactionsPerSecond about how many transactions the writers try
 * @param disturbed how long the disturbances last
 */
record Plan(
        long seed,
        List<Kind> menu,
        int pollers,
        int mostPollers,
        Duration publishDeadline,
        int batch,
        int workers,
        boolean aggregated,
        int transactionsPerSecond,
        Duration disturbed) {

    private static final int[] POLLERS = {1, 2, 2, 4, 4, 8};
    private static final int[] BATCHES = {20, 200, 2_000};

    /**
     * Draws a plan.
     *
     * @param families what the kinds are drawn from
     * @param mostPollers at most that many pollers
     */
    static Plan drawn(long seed, Set<Family> families, int mostPollers, Duration disturbed) {
        Random random = new Random(seed);
        return drawn(seed, random, menu(random, families), mostPollers, disturbed);
    }

    /** Draws a plan in which every kind of these families starts. */
    static Plan ofAll(long seed, Set<Family> families, int mostPollers, Duration disturbed) {
        Random random = new Random(seed);
        List<Kind> menu = kinds(families);
        Collections.shuffle(menu, random);
        return drawn(seed, random, menu, mostPollers, disturbed);
    }

    private static Plan drawn(long seed, Random random, List<Kind> menu, int mostPollers, Duration disturbed) {
        int pollers = Math.min(mostPollers, POLLERS[random.nextInt(POLLERS.length)]);
        int batch = BATCHES[random.nextInt(BATCHES.length)];
        int workers = 1 + random.nextInt(3);
        int rate = 100 + random.nextInt(200);
        boolean pauses = menu.contains(Kind.PAUSE);
        // Short where a pause has to outlast it; else long enough that no request is given up on a busy machine.
        Duration deadline = Duration.ofMillis(pauses ? 1_000 : 3_000 + random.nextInt(9_000));
        boolean aggregated = random.nextInt(3) == 0;
        return new Plan(
                seed, List.copyOf(menu), pollers, mostPollers, deadline, batch, workers, aggregated, rate, disturbed);
    }

    /** The same in all else. */
    Plan aggregated(boolean wanted) {
        return new Plan(
                seed,
                menu,
                pollers,
                mostPollers,
                publishDeadline,
                batch,
                workers,
                wanted,
                transactionsPerSecond,
                disturbed);
    }

    /** Sometimes one kind alone, mostly some together. */
    private static List<Kind> menu(Random random, Set<Family> families) {
        List<Kind> kinds = kinds(families);
        Collections.shuffle(kinds, random);
        int count = random.nextInt(5) == 0 ? 1 : 2 + random.nextInt(5);
        return List.copyOf(kinds.subList(0, Math.min(kinds.size(), count)));
    }

    private static List<Kind> kinds(Set<Family> families) {
        List<Kind> kinds = new ArrayList<>(EnumSet.allOf(Kind.class));
        kinds.removeIf(kind -> !families.contains(kind.family));
        return kinds;
    }

    /** Whether events may arrive again. */
    boolean mayRepeat() {
        return menu.stream().anyMatch(kind -> kind.has(Trait.REPEATS));
    }

    /** Whether writers may meet a database that does not serve them. */
    boolean databaseMayFail() {
        return menu.stream().anyMatch(kind -> kind.has(Trait.DATABASE));
    }

    /** Whether the pollers keep what they publish. */
    boolean retained() {
        return menu.contains(Kind.REPLAY);
    }

    boolean needsOwnServer() {
        return menu.stream().anyMatch(kind -> kind.has(Trait.OWN_SERVER));
    }
}
