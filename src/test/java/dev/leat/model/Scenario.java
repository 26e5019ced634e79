package dev.leat.model;

import java.util.List;

/**
 * The bounds of a model: who writes what, and how often something breaks.
 *
 * @param scripts for each writer, the keys of the events that its one transaction writes, in order; like ones side by side
 * @param focus which steps may be interleaved
 * @param limit how many events a claim reads
 * @param faults what may break, each so many times
 */
record Scenario(List<List<Key>> scripts, Focus focus, int limit, Faults faults) {

    /** Whose steps may be interleaved with everything. With both at once there are more states than can be visited. */
    enum Focus {
        /** Writers' steps and pollers' looks. A claim, once it has the lane, goes on to its end before anything else happens. */
        LOOKING,
        /** Requests, settling and faults. A writer's transaction, or a look until the lane is locked, is not interrupted. */
        PUBLISHING
    }

    /** The partition keys. Both are in one lane. */
    enum Key {
        /** A primary key: the row's lock makes writers draw their ids one after the other. */
        ROW,
        /** Another key: nothing orders its writers, so its events are held until the watermark has passed them. */
        HELD
    }

    /**
     * How many of each.
     *
     * @param crashes processes killed, to start again with no memory
     * @param lostSessions sessions ended by the server, while their pollers are not told
     * @param pauses processes stopped for longer than the deadline and the server's timeout
     * @param lostAnswers requests that were applied, and whose answers never came
     * @param lateRequests requests that are applied, or not, after their senders have given them up
     */
    record Faults(int crashes, int lostSessions, int pauses, int lostAnswers, int lateRequests) {

        static final Faults NONE = new Faults(0, 0, 0, 0, 0);

        Faults lessCrash() {
            return new Faults(crashes - 1, lostSessions, pauses, lostAnswers, lateRequests);
        }

        Faults lessLostSession() {
            return new Faults(crashes, lostSessions - 1, pauses, lostAnswers, lateRequests);
        }

        Faults lessPause() {
            return new Faults(crashes, lostSessions, pauses - 1, lostAnswers, lateRequests);
        }

        Faults lessLostAnswer() {
            return new Faults(crashes, lostSessions, pauses, lostAnswers - 1, lateRequests);
        }

        Faults lessLateRequests(int count) {
            return new Faults(crashes, lostSessions, pauses, lostAnswers, lateRequests - count);
        }
    }
}
