package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;

/** Every kind of disturbance. */
enum Kind {
    FAILING_ENTRIES(Family.ENTRIES, "entries failing", false, 800, 4_000, StreamTrouble::failingEntries),
    SHUFFLED_ENTRIES(Family.ENTRIES, "entries shuffled", false, 800, 4_000, StreamTrouble::shuffledEntries),
    THROTTLED(Family.REQUESTS, "all throttled", false, 500, 3_000, StreamTrouble::throttled),
    SOME_THROTTLED(Family.REQUESTS, "some throttled", false, 800, 4_000, StreamTrouble::someThrottled),
    FAILING_REQUESTS(Family.REQUESTS, "status 500", false, 800, 4_000, StreamTrouble::failingRequests),
    LOST_ANSWERS(Family.ANSWERS, "answers lost", true, 800, 4_000, StreamTrouble::lostAnswers),
    RESETS(Family.ANSWERS, "connections reset", true, 800, 4_000, StreamTrouble::resets),
    HANGING_BEFORE(Family.ANSWERS, "hanging before", true, 500, 4_000, StreamTrouble::hangingBefore),
    HANGING_AFTER(Family.ANSWERS, "hanging after", true, 500, 4_000, StreamTrouble::hangingAfter),
    SLOW_ANSWERS(Family.SLOW, "slow answers", true, 800, 4_000, StreamTrouble::slow),
    KILL(Family.KILLS, "kill -9", true, 0, 0, (arena, dice) -> {
        arena.crew().kill(dice);
        return Healing.NOTHING;
    }),
    TERM(Family.KILLS, "term", true, 0, 0, (arena, dice) -> {
        arena.crew().terminate(dice);
        return Healing.NOTHING;
    }),
    PAUSE(
            Family.PAUSES,
            "paused",
            true,
            6_500,
            9_000,
            (arena, dice) -> arena.crew().pause(dice)),
    CROWD_CHANGES(Family.CROWD, "joins and leaves", true, 0, 0, (arena, dice) -> {
        arena.crew().want(1 + dice.nextInt(arena.plan().mostPollers()));
        return Healing.NOTHING;
    });

    final Family family;
    final String label;
    final boolean mayRepeat;
    final int shortestMillis;
    final int longestMillis;
    final Disturbance disturbance;

    /**
     * @param mayRepeat whether events may arrive again because of it, as {@code docs/guarantees.md} says
     * @param shortestMillis how long it lasts at least; 0: it is over at once
     */
    Kind(
            Family family,
            String label,
            boolean mayRepeat,
            int shortestMillis,
            int longestMillis,
            Disturbance disturbance) {
        this.family = family;
        this.label = label;
        this.mayRepeat = mayRepeat;
        this.shortestMillis = shortestMillis;
        this.longestMillis = longestMillis;
        this.disturbance = disturbance;
    }
}
