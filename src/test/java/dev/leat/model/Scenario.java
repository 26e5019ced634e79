package dev.leat.model;

import java.util.List;

/**
 * The bounds of a model: what each writer writes, and how often each fault happens.
 *
 * @param scripts for each writer, the keys of the events that its one transaction writes, in order; equal scripts must be next to each other
 * @param focus which steps may be interleaved
 * @param limit how many events a claim reads
 * @param faults how often each fault may happen
 */
record Scenario(List<List<Key>> scripts, Focus focus, int limit, Faults faults) {

    /** Which steps may be interleaved with all others. With both kinds at once there are too many states to visit. */
    enum Focus {
        /** Writers' steps and pollers' looks. A claim that has its lane goes on to its end before anything else happens. */
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
     * The number of faults of each kind.
     *
     * @param crashes processes that are killed and start again without any memory
     * @param lostSessions sessions that the server ends without telling their pollers
     * @param pauses processes stopped for longer than the deadline and the server's timeout
     * @param lostAnswers requests that are applied and whose answers are lost
     * @param lateRequests requests that may be applied after their senders have given up
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
