package dev.leat.chaos;

import java.util.Locale;

/** What disturbances have in common, so that a failing round can be reduced to a part of them. */
enum Family {
    /** Entries of a request that fail, or are applied in another order. */
    ENTRIES,
    /** Requests that are refused as a whole. */
    REQUESTS,
    /** Answers that do not come, and connections that end. */
    ANSWERS,
    /** Answers that come late. */
    SLOW,
    /** Processes killed. */
    KILLS,
    /** Processes stopped for longer than every deadline, that wake and go on. */
    PAUSES,
    /** Pollers that join and leave. */
    CROWD;

    /** As the command line names it. */
    String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Family named(String option) {
        return valueOf(option.strip().toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
