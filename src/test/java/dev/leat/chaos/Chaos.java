package dev.leat.chaos;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Runs rounds and prints their results. The exit code is 1 if any promise was broken. {@code docs/chaos.md} describes it. */
public final class Chaos {

    private static final int MOST_POLLERS = 8;

    private Chaos() {}

    /**
     * {@code --rounds n --seed n --seconds n --only family,… --aggregation always|never}; round i has the seed plus i. In some rounds
     * pollers aggregate their events, unless {@code --aggregation} says otherwise.
     */
    public static void main(String[] args) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            given.put(args[i], args[i + 1]);
        }
        long seed = Long.parseLong(given.getOrDefault("--seed", Long.toString(System.nanoTime() & 0xffff)));
        int rounds = Integer.parseInt(given.getOrDefault("--rounds", "10"));
        Duration disturbed = Duration.ofSeconds(Long.parseLong(given.getOrDefault("--seconds", "8")));
        Set<Family> families = EnumSet.allOf(Family.class);
        if (given.containsKey("--only")) {
            families.clear();
            Arrays.stream(given.get("--only").split(",", -1)).map(Family::named).forEach(families::add);
        }
        int failed = 0;
        long changes = 0;
        long faults = 0;
        long starts = 0;
        long repeats = 0;
        for (int round = 0; round < rounds; round++) {
            Plan drawn = Plan.drawn(seed + round, families, MOST_POLLERS, disturbed);
            Plan plan = given.containsKey("--aggregation")
                    ? drawn.aggregated(given.get("--aggregation").equals("always"))
                    : drawn;
            Report report = new Round(plan).run();
            System.out.println(report.line());
            report.wrong().forEach(System.out::println);
            failed += report.passed() ? 0 : 1;
            starts += report.starts();
            faults += report.faults();
            changes += report.verdict() == null ? 0 : report.verdict().committed();
            repeats += report.verdict() == null ? 0 : report.verdict().duplicates();
        }
        System.out.printf(
                "%d rounds from seed %d, %d failed: %,d changes, %,d disturbances, %,d stream faults, %,d repeats%n",
                rounds, seed, failed, changes, starts, faults, repeats);
        // Threads of the parts may be left; the outcome is not theirs.
        System.exit(failed == 0 ? 0 : 1);
    }
}
