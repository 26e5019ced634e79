package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RequestSchedulerTest {

    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final String THROTTLED = "ProvisionedThroughputExceededException";

    private final Map<String, StreamState> paces = new HashMap<>();
    private final List<Long> outOfSequence = new ArrayList<>();
    private long sequence;

    @Test
    void aKeysNextRecordLeavesOnlyAfterItsPredecessorIsAcknowledged() {
        RequestScheduler plan = plan(List.of(Records.record(1, "a"), Records.record(2, "a"), Records.record(3, "b")));

        Request first = next(plan, 0);
        assertThat(ids(first)).containsExactlyInAnyOrder(1L, 3L);
        assertThat(plan.next(0)).isNull();
        answer(plan, first, "", "");
        assertThat(ids(next(plan, 0))).containsExactly(2L);
    }

    @Test
    void aFailedRecordLeavesAgainAtOnceBesideTheNextOfOtherKeys() {
        String other = otherLaneThan("a");
        RequestScheduler plan = plan(List.of(
                Records.record(1, "a"), Records.record(2, "a"), Records.record(3, other), Records.record(4, other)));
        Request first = next(plan, 0);

        answer(
                plan,
                first,
                ids(first).stream().map(id -> id == 1 ? "InternalFailure" : "").toList());

        assertThat(ids(next(plan, 0))).containsExactlyInAnyOrder(1L, 4L);
    }

    @Test
    void aLaneOfWhichNothingGetsThroughRestsForLaterClaimsToo() {
        StreamRecord first = Records.record(1, "a");
        RequestScheduler plan = plan(List.of(first));
        long now = 0;
        for (int attempt = 0; attempt < 8; attempt++) {
            now = Math.max(now, plan.wakeAt() == Long.MAX_VALUE ? now : plan.wakeAt());
            Request flight = next(plan, now);
            answer(plan, flight, "InternalFailure");
        }

        RequestScheduler later = plan(List.of(first));

        assertThat(later.next(now + Duration.ofMillis(300).toNanos())).isNull();
        assertThat(ids(next(later, now + Duration.ofMillis(400).toNanos()))).containsExactly(1L);
    }

    @Test
    void aFailedRecordLeavesAgainBeforeItsSuccessorAndNotBeforeItsPauseIsOver() {
        RequestScheduler plan = plan(List.of(Records.record(1, "a"), Records.record(2, "a")));

        answer(plan, next(plan, 0), THROTTLED);

        assertThat(plan.next(PAUSE.toNanos() - 1)).isNull();
        assertThat(plan.wakeAt()).isEqualTo(PAUSE.toNanos());
        assertThat(ids(next(plan, PAUSE.toNanos()))).containsExactly(1L);
    }

    @Test
    void theKeyWithTheLongestQueueGoesFirst() {
        List<StreamRecord> claim = new ArrayList<>();
        IntStream.range(0, 1_000).forEach(n -> claim.add(Records.record(n, "cold-" + n)));
        IntStream.range(1_000, 1_010).forEach(n -> claim.add(Records.record(n, "hot")));

        RequestScheduler plan = plan(claim);

        Request first = next(plan, 0);
        assertThat(first.size()).isEqualTo(500);
        assertThat(ids(first)).contains(1_000L);
    }

    @Test
    void aLaneThatWasThrottledAltogetherRestsForLaterClaimsToo() {
        StreamRecord first = Records.record(1, "a");
        RequestScheduler plan = plan(List.of(first));
        answer(plan, next(plan, 0), THROTTLED);

        RequestScheduler later =
                plan(List.of(first, Records.record(2, sameLaneAs("a")), Records.record(3, otherLaneThan("a"))));

        Request other = next(later, 1);
        assertThat(ids(other)).containsExactly(3L);
        answer(later, other, List.of(""));
        assertThat(later.next(2)).isNull();
        assertThat(ids(next(later, PAUSE.toNanos()))).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void whatIsLittleWaitsForTheAnswersUnderWay() {
        RequestScheduler plan = plan(IntStream.range(0, 1000)
                .mapToObj(n -> Records.record(n, "k" + n % 510))
                .toList());
        Request full = next(plan, 0);
        assertThat(full.size()).isEqualTo(500);

        assertThat(plan.next(0)).as("10 keys").isNull();
        answer(plan, full, Collections.nCopies(500, ""));
        assertThat(next(plan, 0).size()).isEqualTo(500);
    }

    @Test
    void aRequestThatIsRefusedIsHalvedDownToTheCulprit() {
        StreamState proven = paces.computeIfAbsent(Records.STREAM, name -> new StreamState());
        proven.accepted(1, 0);
        RequestScheduler plan = plan(IntStream.range(0, 500)
                .mapToObj(n -> Records.record(n, "k" + n))
                .toList());

        int requests = 0;
        for (Request flight = plan.next(0); flight != null; flight = plan.next(0)) {
            requests++;
            if (ids(flight).contains(123L)) {
                plan.failed(flight, new Failure(Verdict.REFUSED, "ValidationException", "no"), 0);
            } else {
                answer(plan, flight, Collections.nCopies(flight.size(), ""));
            }
        }

        assertThat(requests).isLessThanOrEqualTo(1 + 2 * 9);
        List<Outcome> outcomes = new ArrayList<>(plan.outcomes("later"));
        assertThat(outcomes.remove(123))
                .isInstanceOfSatisfying(
                        Outcome.Quarantined.class,
                        culprit -> assertThat(culprit.reason())
                                .isEqualTo("the stream refused it: ValidationException (no)"));
        assertThat(outcomes).hasOnlyElementsOfType(Outcome.Delivered.class);
    }

    @Test
    void aStreamThatHasNeverAcceptedAnythingIsSuspectedBeforeAnyEvent() {
        RequestScheduler plan = plan(
                IntStream.range(0, 50).mapToObj(n -> Records.record(n, "k" + n)).toList());

        for (Request flight = plan.next(0); flight != null; flight = plan.next(0)) {
            plan.failed(flight, new Failure(Verdict.REFUSED, "ValidationException", "no such name"), 0);
        }

        assertThat(plan.outcomes("later"))
                .hasSize(50)
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.TryLater.class));
        assertThat(plan.worthAnotherTryAt()).isEqualTo(PAUSE.toNanos());
    }

    @Test
    void aStreamInTroubleIsProbedByOneRequestAtATime() {
        RequestScheduler plan = plan(IntStream.range(0, 1_500)
                .mapToObj(n -> Records.record(n, "k" + n))
                .toList());
        Request one = next(plan, 0);
        Request two = next(plan, 0);
        plan.failed(one, new Failure(Verdict.THROTTLED, THROTTLED, null), 1);
        plan.failed(two, new Failure(Verdict.THROTTLED, THROTTLED, null), 2);

        long rested = 1 + PAUSE.toNanos();
        assertThat(plan.wakeAt())
                .as("the second failure tells of the same trouble")
                .isEqualTo(rested);
        Request probe = next(plan, rested);
        assertThat(plan.next(rested)).isNull();
        answer(plan, probe, Collections.nCopies(probe.size(), ""));
        assertThat(plan.next(rested)).isNotNull();
        assertThat(plan.next(rested)).isNotNull();
    }

    @Test
    void truncateMarkersOfDifferentLanesAreIndependent() {
        RequestScheduler plan = plan(List.of(
                Records.record(1, "a"),
                Records.truncate(2, Records.laneOf("a")),
                Records.truncate(3, Records.laneOf(otherLaneThan("a"))),
                Records.record(4, sameLaneAs("a"))));

        assertThat(ids(next(plan, 0))).containsExactlyInAnyOrder(1L, 3L);
        assertThat(plan.next(0)).isNull();
    }

    @Test
    void aSequenceNumberThatDoesNotRiseIsReported() {
        RequestScheduler plan = plan(List.of(Records.record(1, "a"), Records.record(2, "a"), Records.record(3, "a")));
        for (long landed : new long[] {100, 99, 101}) {
            plan.answered(next(plan, 0), ScriptedReply.of(List.of(""), landed), 0);
        }

        assertThat(outOfSequence).containsExactly(2L);
    }

    @Test
    void keysThatNoStreamTakesAreQuarantined() {
        String emoji = "\uD83D\uDE80";
        List<Outcome> outcomes = run(List.of(
                Records.record(1, ""),
                Records.record(2, emoji.repeat(257)),
                Records.record(3, "\uD83D"),
                Records.record(4, emoji.repeat(256))));

        assertThat(outcomes.subList(0, 3)).hasOnlyElementsOfType(Outcome.Quarantined.class);
        assertThat(outcomes.get(3)).isInstanceOf(Outcome.Delivered.class);
    }

    private List<Outcome> run(List<StreamRecord> claim) {
        RequestScheduler plan = plan(claim);
        for (Request flight = plan.next(0); flight != null; flight = plan.next(0)) {
            answer(plan, flight, Collections.nCopies(flight.size(), ""));
        }
        return plan.outcomes("later");
    }

    private RequestScheduler plan(List<StreamRecord> claim) {
        return new RequestScheduler(
                claim,
                PublishSettings.RequestLimits.ofTheService(),
                new RecordLimits(1 << 20, stream -> 1 << 20),
                stream -> paces.computeIfAbsent(stream, name -> new StreamState()),
                new RetryPolicy(new PublishSettings.RetryDelays(PAUSE, Duration.ofSeconds(5), 0), () -> 0),
                new PollerListener() {
                    @Override
                    public void outOfSequence(Event event, String shardId, String sequenceNumber) {
                        outOfSequence.add(event.id());
                    }
                });
    }

    private static Request next(RequestScheduler plan, long now) {
        @Nullable Request flight = plan.next(now);
        if (flight == null) {
            throw new AssertionError("nothing may leave at " + now);
        }
        return flight;
    }

    private void answer(RequestScheduler plan, Request flight, String... codes) {
        answer(plan, flight, List.of(codes));
    }

    private void answer(RequestScheduler plan, Request flight, List<String> codes) {
        plan.answered(flight, ScriptedReply.of(codes, ++sequence), flight.leftAt());
    }

    private static List<Long> ids(Request flight) {
        return Sent.ids(flight);
    }

    private static String sameLaneAs(String key) {
        return IntStream.range(0, 10_000)
                .mapToObj(n -> "s" + n)
                .filter(other -> Records.laneOf(other) == Records.laneOf(key))
                .findFirst()
                .orElseThrow();
    }

    private static String otherLaneThan(String key) {
        return IntStream.range(0, 10_000)
                .mapToObj(n -> "o" + n)
                .filter(other -> Records.laneOf(other) != Records.laneOf(key))
                .findFirst()
                .orElseThrow();
    }
}
