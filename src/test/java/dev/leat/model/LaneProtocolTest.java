package dev.leat.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.model.Scenario.Faults;
import dev.leat.model.Scenario.Focus;
import dev.leat.model.Scenario.Key;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The protocol keeps its promises in every state within the bounds; without any one of its rules it breaks one. */
class LaneProtocolTest {

    private static final List<Key> ROW = List.of(Key.ROW);
    private static final List<Key> HELD = List.of(Key.HELD);
    private static final List<Key> BOTH = List.of(Key.ROW, Key.HELD);

    private static Scenario looking(List<Key> first, List<Key> second) {
        return new Scenario(List.of(first, second), Focus.LOOKING, 2, Faults.NONE);
    }

    private static Scenario publishing(List<List<Key>> scripts, Faults faults) {
        return new Scenario(scripts, Focus.PUBLISHING, 2, faults);
    }

    private static Faults faults(int crashes, int lostSessions, int pauses, int lostAnswers, int lateRequests) {
        return new Faults(crashes, lostSessions, pauses, lostAnswers, lateRequests);
    }

    private static Set<Promise> brokenBySoundProtocol(Scenario scenario, Promise... tolerated) {
        Explorer.Findings findings = Explorer.exhaust(new LaneProtocol(scenario, Set.of()), Set.of(tolerated));
        System.out.printf("model: %,d states, %,d steps of %s%n", findings.states(), findings.steps(), scenario);
        findings.broken().forEach((promise, way) -> {
            if (!Set.of(tolerated).contains(promise)) {
                System.out.println(promise + ":\n  " + String.join("\n  ", way));
            }
        });
        return findings.broken().keySet();
    }

    private static void finds(Promise promise, Mistake mistake, Scenario scenario) {
        Explorer.Findings findings = Explorer.search(new LaneProtocol(scenario, Set.of(mistake)), promise);
        assertThat(findings.broken())
                .as("%s, %d states", mistake, findings.states())
                .containsKey(promise);
        System.out.printf(
                "model: %s breaks %s after %d steps%n",
                mistake,
                promise,
                findings.broken().getOrDefault(promise, List.of()).size());
    }

    @Test
    void looksProveWhatTheySayForHeldKeys() {
        assertThat(brokenBySoundProtocol(looking(HELD, HELD))).isEmpty();
    }

    @Test
    @Tag("full")
    void looksProveWhatTheySayForKeysOfBothKinds() {
        assertThat(brokenBySoundProtocol(looking(HELD, ROW))).isEmpty();
    }

    @Test
    void crashesPausesAndLostAnswersTogetherBreakNoPromise() {
        assertThat(brokenBySoundProtocol(publishing(List.of(ROW, ROW), faults(1, 0, 1, 1, 0))))
                .isEmpty();
    }

    @Test
    void crashesAndPausesBreakNoPromiseOfTwoKeysInOneLane() {
        assertThat(brokenBySoundProtocol(publishing(List.of(BOTH, ROW), faults(1, 0, 1, 0, 0))))
                .isEmpty();
    }

    @Test
    void aBacklogLargerThanAClaimIsPublishedInOrder() {
        assertThat(brokenBySoundProtocol(publishing(List.of(ROW, ROW, ROW), faults(1, 0, 0, 1, 0))))
                .isEmpty();
    }

    /** 1 2 1: a consumer without the rule of one number for each key would end at the old value. */
    @Test
    void aRequestAppliedLateCanOnlyLeaveAnOldRecordLast() {
        assertThat(brokenBySoundProtocol(
                        publishing(List.of(ROW, ROW), faults(1, 0, 0, 0, 1)), Promise.ENDS_AT_THE_NEWEST))
                .containsExactly(Promise.ENDS_AT_THE_NEWEST);
    }

    @Test
    void aSessionLostBeforeTheDeadlineCanOnlyLeaveAnOldRecordLast() {
        assertThat(brokenBySoundProtocol(
                        publishing(List.of(ROW, ROW), faults(1, 1, 0, 1, 0)), Promise.ENDS_AT_THE_NEWEST))
                .containsExactly(Promise.ENDS_AT_THE_NEWEST);
    }

    @Test
    void lockingAndReadingInOneStatementRepeatsWithoutACause() {
        finds(
                Promise.REPETITIONS_HAVE_A_CAUSE,
                Mistake.LOCK_AND_READ_IN_ONE_STATEMENT,
                publishing(List.of(ROW, ROW), Faults.NONE));
    }

    @Test
    void anUnprovenWatermarkPassesAnEventThatCommitsLate() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.WATERMARK_UNPROVEN, looking(HELD, ROW));
    }

    @Test
    void aWatermarkThatIgnoresPreparedTransactionsPassesTheirEvents() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.WATERMARK_WITHOUT_PREPARED, looking(HELD, ROW));
    }

    @Test
    void aWatermarkThatTakesAVanishedHolderForEndedPassesItsEvents() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.WATERMARK_BLIND_TO_PREPARING, looking(HELD, ROW));
    }

    @Test
    void holdersReadBeforeTheSequenceProveNothing() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.HOLDERS_BEFORE_SEQUENCE, looking(HELD, ROW));
    }

    @Test
    void idsDrawnBeforeTheLockEscapeTheWatermark() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.ID_DRAWN_BEFORE_THE_LOCK, looking(HELD, ROW));
    }

    @Test
    void aLaneSeenEmptyUpToTheIdDrawnHidesAnOpenEvent() {
        finds(Promise.NOTHING_OUT_OF_REACH, Mistake.EMPTY_UP_TO_THE_ID_DRAWN, looking(HELD, ROW));
    }

    @Test
    void heldEventsClaimedAtOnceArriveOutOfOrder() {
        finds(Promise.ORDER, Mistake.HELD_EVENTS_NOT_HELD, looking(HELD, HELD));
    }

    @Test
    void deletionByRangeLosesAnEventThatCommittedLate() {
        finds(Promise.NOTHING_LOST, Mistake.DELETION_BY_RANGE, looking(HELD, ROW));
    }

    @Test
    void aSuccessorSentBeforeItsPredecessorIsAcknowledgedArrivesFirst() {
        finds(Promise.ORDER, Mistake.SUCCESSOR_BEFORE_ACKNOWLEDGEMENT, publishing(List.of(ROW, ROW), Faults.NONE));
    }

    @Test
    void settlingBeforeTheAcknowledgementLosesWhatWasRefused() {
        finds(Promise.NOTHING_LOST, Mistake.SETTLED_BEFORE_ACKNOWLEDGEMENT, publishing(List.of(ROW, ROW), Faults.NONE));
    }

    @Test
    void aLowThatPassesWhatWasLeftHidesIt() {
        finds(
                Promise.NOTHING_OUT_OF_REACH,
                Mistake.LOW_PASSES_WHAT_WAS_LEFT,
                publishing(List.of(ROW, ROW), Faults.NONE));
    }

    @Test
    void aLowLearntFromAClaimThatWasNotCommittedHidesItsEvents() {
        finds(
                Promise.NOTHING_OUT_OF_REACH,
                Mistake.LOW_LEARNT_WITHOUT_COMMIT,
                publishing(List.of(ROW, ROW), faults(0, 1, 0, 0, 0)));
    }

    /**
     * This is the purpose of the clock check. Order and loss do not depend on it. But records that a poller sends after its deadline can
     * arrive after newer events, however fast the stream is.
     */
    @Test
    void withoutTheClockCheckAPausedPollerSendsStaleRecordsAndCanLeaveOneLast() {
        Scenario pauses = publishing(List.of(ROW, ROW), faults(0, 0, 1, 0, 0));
        Set<Promise> staleness = Set.of(Promise.NOTHING_SENT_AFTER_THE_DEADLINE, Promise.ENDS_AT_THE_NEWEST);

        Explorer.Findings without =
                Explorer.exhaust(new LaneProtocol(pauses, Set.of(Mistake.NO_CLOCK_CHECK)), staleness);

        assertThat(without.broken().keySet()).isEqualTo(staleness);
        assertThat(brokenBySoundProtocol(pauses)).isEmpty();
    }
}
