package dev.leat.chaos;

import java.util.Locale;

/** Groups of disturbances, so that a failing round can be reduced to some of them. */
enum Family {
    /** Entries of a request that fail, or are applied in another order. */
    ENTRIES,
    /** Requests that are refused as a whole. */
    REQUESTS,
    /** Answers that do not come, and connections that end. */
    ANSWERS,
    /** Answers whose count of failures is not that of their entries. */
    LIES,
    /** Answers that come late. */
    SLOW,
    /** Shards that are split and merged. */
    RESHARD,
    /** Processes killed or stopped. */
    KILLS,
    /** Processes halted for longer than every deadline, that wake and go on. */
    PAUSES,
    /** Pollers that join and leave. */
    CROWD,
    /** Sessions of the database that are ended, and none to be had. */
    SESSIONS,
    /** PostgreSQL restarted, with and without a crash. */
    RESTARTS,
    /** A database that takes no writes, for want of rights or of disk. */
    READ_ONLY,
    /** The network to either side, cut, silent, stalled or slow. */
    NETWORK,
    /** The database's clock. */
    CLOCK,
    /** Tables loaded beside their writers. */
    LOADS,
    /** Kept events sent again. */
    REPLAYS;

    /** As the command line names it. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Family named(String option) {
        return valueOf(option.strip().toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
