package dev.leat.observe;

import dev.leat.Backlog;
import dev.leat.Ending;
import dev.leat.Failing;
import dev.leat.Failing.Part;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tracks which parts of a poller fail, since when and how often. It reports the first failure to a listener at once, later ones at
 * growing intervals, and the recovery. Safe for use by several threads.
 */
public final class FailureTracker implements PollerListener {

    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /** If a part has not failed for this long, its next failure is reported at once. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    /** Passes that failed after their claim count as recovered if they found nothing to do for this long. */
    private static final Duration GIVEN_TO_OTHERS = Duration.ofSeconds(30);

    /** A stream counts as failing after this many lost requests in a row; single lost requests are normal. */
    private static final int LOST_IN_A_ROW = 3;

    private static final int STREAMS = 1_000;

    /** SQLSTATEs of objects that are missing in the schema. */
    private static final Set<String> ABSENT = Set.of("3F000", "42P01", "42883", "42703");

    private final PollerListener told;
    private final LongSupplier nanoTime;
    private final Map<String, Streak> streaks = new LinkedHashMap<>();
    private volatile boolean failing;
    private volatile @Nullable Backlog waiting;

    /**
     * @param told receives failures and recoveries
     * @param nanoTime the clock, such as {@code System::nanoTime}
     */
    public FailureTracker(PollerListener told, LongSupplier nanoTime) {
        this.told = told;
        this.nanoTime = nanoTime;
    }

    /** The failures in a row of one part. */
    private static final class Streak {

        private final Part part;
        private final String name;
        private String why = "";
        private String consequence = "";
        private Duration pause = Duration.ZERO;
        private long times;
        private long since;
        private long lastAt;
        private boolean met;
        private boolean certain;
        private boolean afterClaim;
        private boolean reported;
        private long reportAt;
        private Duration distance = FIRST;

        Streak(Part part, String name) {
            this.part = part;
            this.name = name;
        }

        void begin(long now) {
            if (!met || now - lastAt >= QUIET.toNanos()) {
                distance = FIRST;
                reportAt = now;
            }
            met = true;
            since = now;
            reported = false;
            certain = false;
        }

        /** Whether this failure is to be reported now. */
        boolean due(long now) {
            if (now - reportAt < 0) {
                return false;
            }
            reported = true;
            reportAt = now + distance.toNanos();
            distance = distance.multipliedBy(2);
            distance = distance.compareTo(LONGEST) > 0 ? LONGEST : distance;
            return true;
        }

        Failing failing(@Nullable Backlog waiting) {
            return new Failing(part, name, why, consequence, times, Duration.ofNanos(lastAt - since), pause, waiting);
        }
    }

    @Override
    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
        String consequence = claimed == 0
                ? "until then nothing is claimed, and events stay in the outbox"
                : "any poller can claim its lanes, the events that it had claimed (" + claimed
                        + ") stay in the outbox, and those that were sent are sent again";
        failed(Part.PASSES, "", true, claimed > 0, Causes.line(cause) + advice(cause), consequence, pause);
    }

    private static String advice(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException said
                    && said.getSQLState() != null
                    && ABSENT.contains(said.getSQLState())) {
                return " (Leat's schema is missing, or has another version: run `leat doctor`)";
            }
        }
        return "";
    }

    @Override
    public void settled(List<Outcome> outcomes, Duration took) {
        if (failing) {
            boolean settledAny = outcomes.stream().anyMatch(outcome -> !(outcome instanceof Outcome.TryLater));
            passed(settledAny);
        }
    }

    @Override
    public void foundNothing() {
        if (failing) {
            passed(false);
        }
    }

    /** A pass that settled nothing shows no recovery, because another worker may hold the events that failed. */
    private synchronized void passed(boolean settledAny) {
        Streak streak = streaks.get(key(Part.PASSES, ""));
        if (streak != null
                && (settledAny
                        || !streak.afterClaim
                        || nanoTime.getAsLong() - streak.lastAt >= GIVEN_TO_OTHERS.toNanos())) {
            succeeded(streak);
        }
    }

    @Override
    public void retrying(String stream, RequestFailure failure, int entries, Duration pause) {
        switch (failure.scope()) {
            case ENTRIES, THROTTLED -> {}
            case REQUEST ->
                failed(
                        Part.STREAM,
                        stream,
                        false,
                        false,
                        failure.describe(),
                        "its records may have arrived and are sent again, and later events of their keys wait",
                        pause);
            case STREAM ->
                failed(
                        Part.STREAM,
                        stream,
                        true,
                        false,
                        failure.describe(),
                        "its events stay in the outbox, and events of other streams are published",
                        pause);
        }
    }

    @Override
    public void shardUsed(String stream, String shardId, int records, long bytes, int refused) {
        if (failing && records > 0) {
            succeeded(Part.STREAM, stream);
        }
    }

    @Override
    public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
        failed(Part.UPKEEP, duty, true, false, Causes.line(cause) + advice(cause), consequence, pause);
    }

    @Override
    public void upkeepDone(String duty) {
        if (failing) {
            succeeded(Part.UPKEEP, duty);
        }
    }

    private synchronized void failed(
            Part part,
            String name,
            boolean certain,
            boolean afterClaim,
            String why,
            String consequence,
            Duration pause) {
        long now = nanoTime.getAsLong();
        Streak streak = streaks.computeIfAbsent(key(part, name), key -> new Streak(part, name));
        if (streaks.size() > STREAMS) {
            streaks.values().removeIf(other -> other.times == 0);
        }
        if (streak.times == 0) {
            streak.begin(now);
        }
        streak.times++;
        streak.lastAt = now;
        streak.why = why;
        streak.consequence = consequence;
        streak.pause = pause;
        streak.afterClaim = afterClaim;
        streak.certain |= certain || streak.times >= LOST_IN_A_ROW;
        failing = true;
        if (streak.due(now)) {
            told.failing(streak.failing(waiting));
        }
    }

    private synchronized void succeeded(Part part, String name) {
        Streak streak = streaks.get(key(part, name));
        if (streak != null) {
            succeeded(streak);
        }
    }

    private void succeeded(Streak streak) {
        if (streak.times == 0) {
            return;
        }
        if (streak.reported && streak.certain) {
            told.recovered(streak.failing(null), Duration.ofNanos(nanoTime.getAsLong() - streak.since));
        }
        streak.times = 0;
        failing = streaks.values().stream().anyMatch(other -> other.times > 0);
        if (!failing) {
            waiting = null;
        }
    }

    private static String key(Part part, String name) {
        return part + " " + name;
    }

    /** Whether anything has failed and not succeeded since. */
    public boolean failing() {
        return failing;
    }

    /**
     * Takes the backlog of the outbox, to be reported with the next failure.
     *
     * @param seen null: it could not be read
     */
    public void waiting(@Nullable Backlog seen) {
        waiting = seen;
    }

    /** How the poller has ended. */
    public synchronized Ending ending(boolean finished) {
        Backlog left = waiting;
        List<Failing> still = new ArrayList<>();
        for (Streak streak : streaks.values()) {
            // With an empty outbox a failed pass has nothing left to do. A duty that failed once was not tried again
            // yet.
            boolean done = streak.part == Part.PASSES && left != null && left.events() == 0;
            boolean once = streak.part == Part.UPKEEP && streak.times == 1;
            if (streak.times > 0 && streak.certain && !done && !once) {
                still.add(streak.failing(left));
            }
        }
        return new Ending(finished, still, left);
    }
}
