package dev.leat.chaos;

import java.util.EnumSet;
import java.util.Set;

/** Every kind of disturbance. */
enum Kind {
    FAILING_ENTRIES(Family.ENTRIES, "entries failing", 800, 4_000, StreamTrouble::failingEntries),
    SHUFFLED_ENTRIES(Family.ENTRIES, "entries shuffled", 800, 4_000, StreamTrouble::shuffledEntries),
    THROTTLED(Family.REQUESTS, "all throttled", 500, 3_000, StreamTrouble::throttled),
    SOME_THROTTLED(Family.REQUESTS, "some throttled", 800, 4_000, StreamTrouble::someThrottled),
    FAILING_REQUESTS(Family.REQUESTS, "status 500", 800, 4_000, StreamTrouble::failingRequests),
    LOST_ANSWERS(Family.ANSWERS, "answers lost", 800, 4_000, StreamTrouble::lostAnswers, Trait.REPEATS),
    RESETS(Family.ANSWERS, "connections reset", 800, 4_000, StreamTrouble::resets, Trait.REPEATS),
    HANGING_BEFORE(Family.ANSWERS, "hanging before", 500, 4_000, StreamTrouble::hangingBefore, Trait.REPEATS),
    HANGING_AFTER(Family.ANSWERS, "hanging after", 500, 4_000, StreamTrouble::hangingAfter, Trait.REPEATS),
    LYING_ANSWERS(Family.LIES, "answers that lie", 800, 4_000, StreamTrouble::lies, Trait.REPEATS),
    SLOW_ANSWERS(Family.SLOW, "slow answers", 800, 4_000, StreamTrouble::slow, Trait.REPEATS),
    RESHARD(Family.RESHARD, "resharded", 0, 0, StreamTrouble::reshard),
    KILL(Family.KILLS, "kill -9", 0, 0, PollerTrouble::kill, Trait.REPEATS),
    TERM(Family.KILLS, "term", 0, 0, PollerTrouble::terminate),
    PAUSE(Family.PAUSES, "paused", 6_500, 9_000, PollerTrouble::pause, Trait.REPEATS, Trait.LASTS),
    CROWD_CHANGES(Family.CROWD, "joins and leaves", 0, 0, PollerTrouble::joinAndLeave),
    TERMINATED_SESSIONS(
            Family.SESSIONS, "sessions ended", 0, 0, DatabaseTrouble::endSessions, Trait.REPEATS, Trait.DATABASE),
    NO_CONNECTIONS(
            Family.SESSIONS,
            "no connections",
            1_000,
            4_000,
            DatabaseTrouble::noConnections,
            Trait.REPEATS,
            Trait.DATABASE),
    FAST_RESTART(
            Family.RESTARTS,
            "fast restart",
            0,
            0,
            DatabaseTrouble::restartFast,
            Trait.REPEATS,
            Trait.DATABASE,
            Trait.OWN_SERVER),
    CRASH(Family.RESTARTS, "crash", 0, 0, DatabaseTrouble::crash, Trait.REPEATS, Trait.DATABASE, Trait.OWN_SERVER),
    READ_ONLY(
            Family.READ_ONLY,
            "read-only",
            1_000,
            4_000,
            DatabaseTrouble::readOnly,
            Trait.REPEATS,
            Trait.DATABASE,
            Trait.OWN_SERVER),
    FULL_DISK(
            Family.READ_ONLY,
            "disk full",
            2_000,
            4_000,
            DatabaseTrouble::fullDisk,
            Trait.REPEATS,
            Trait.DATABASE,
            Trait.OWN_SERVER),
    DATABASE_NETWORK(Family.NETWORK, "network to PostgreSQL", 500, 4_000, NetworkTrouble::toDatabase, Trait.REPEATS),
    STREAM_NETWORK(Family.NETWORK, "network to Kinesis", 500, 4_000, NetworkTrouble::toStream, Trait.REPEATS),
    CLOCK_JUMP(Family.CLOCK, "clock jumped", 0, 0, DatabaseTrouble::jumpClock),
    LOAD(Family.LOADS, "tables loaded", 0, 0, Loads::begin),
    LOAD_PAUSED(Family.LOADS, "loads paused", 200, 1_500, Loads::pause),
    LOAD_RESTARTED(Family.LOADS, "loads restarted", 0, 0, Loads::restart),
    REPLAY(Family.REPLAYS, "events replayed", 0, 0, Replays::begin, Trait.REPEATS);

    /** What the round has to know of a kind. */
    enum Trait {
        /** Events may arrive again because of it, as {@code docs/guarantees.md} says. */
        REPEATS,
        /** Writers feel it too. */
        DATABASE,
        /** It befalls a whole server. */
        OWN_SERVER,
        /** Cut short it would show nothing. */
        LASTS
    }

    final Family family;
    final String label;
    final int shortestMillis;
    final int longestMillis;
    final Disturbance disturbance;
    private final Set<Trait> traits = EnumSet.noneOf(Trait.class);

    /**
     * @param shortestMillis how long it lasts at least; 0: it is over at once
     */
    Kind(Family family, String label, int shortestMillis, int longestMillis, Disturbance disturbance, Trait... traits) {
        this.family = family;
        this.label = label;
        this.shortestMillis = shortestMillis;
        this.longestMillis = longestMillis;
        this.disturbance = disturbance;
        this.traits.addAll(Set.of(traits));
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }
}
