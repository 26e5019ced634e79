package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RequestSchedulerTest {

    private static final Duration DELAY = Duration.ofMillis(50);
    private static final String THROTTLED = "ProvisionedThroughputExceededException";

    private final Schedulers schedulers = new Schedulers();
    private final List<Long> outOfSequence = new ArrayList<>();
    private long sequence;

    @Test
    void aKeysNextRecordIsSentOnlyAfterItsPredecessorIsAcknowledged() {
        RequestScheduler scheduler =
                scheduler(List.of(Records.record(1, "a"), Records.record(2, "a"), Records.record(3, "b")));

        Request first = next(scheduler, 0);
        assertThat(ids(first)).containsExactlyInAnyOrder(1L, 3L);
        assertThat(scheduler.next(0)).isNull();
        answer(scheduler, first, "", "");
        assertThat(ids(next(scheduler, 0))).containsExactly(2L);
    }

    @Test
    void aFailedRecordIsSentAgainAtOnceBesideTheNextOfOtherKeys() {
        String other = otherLaneThan("a");
        RequestScheduler scheduler = scheduler(List.of(
                Records.record(1, "a"), Records.record(2, "a"), Records.record(3, other), Records.record(4, other)));
        Request first = next(scheduler, 0);

        answer(
                scheduler,
                first,
                ids(first).stream().map(id -> id == 1 ? "InternalFailure" : "").toList());

        assertThat(ids(next(scheduler, 0))).containsExactlyInAnyOrder(1L, 4L);
    }

    @Test
    void aLaneOfWhichNothingIsStoredBacksOffForLaterClaimsToo() {
        StreamRecord first = Records.record(1, "a");
        RequestScheduler scheduler = scheduler(List.of(first));
        long now = 0;
        for (int attempt = 0; attempt < 8; attempt++) {
            now = Math.max(now, scheduler.wakeAt() == Long.MAX_VALUE ? now : scheduler.wakeAt());
            Request request = next(scheduler, now);
            answer(scheduler, request, "InternalFailure");
        }

        RequestScheduler later = scheduler(List.of(first));

        assertThat(later.next(now + Duration.ofMillis(300).toNanos())).isNull();
        assertThat(ids(next(later, now + Duration.ofMillis(400).toNanos()))).containsExactly(1L);
    }

    @Test
    void aFailedRecordIsSentAgainBeforeItsSuccessorAndNotBeforeItsDelayIsOver() {
        RequestScheduler scheduler = scheduler(List.of(Records.record(1, "a"), Records.record(2, "a")));

        answer(scheduler, next(scheduler, 0), THROTTLED);

        assertThat(scheduler.next(DELAY.toNanos() - 1)).isNull();
        assertThat(scheduler.wakeAt()).isEqualTo(DELAY.toNanos());
        assertThat(ids(next(scheduler, DELAY.toNanos()))).containsExactly(1L);
    }

    @Test
    void theKeyWithTheLongestQueueGoesFirst() {
        List<StreamRecord> claim = new ArrayList<>();
        IntStream.range(0, 1_000).forEach(n -> claim.add(Records.record(n, "cold-" + n)));
        IntStream.range(1_000, 1_010).forEach(n -> claim.add(Records.record(n, "hot")));

        RequestScheduler scheduler = scheduler(claim);

        Request first = next(scheduler, 0);
        assertThat(first.size()).isEqualTo(500);
        assertThat(ids(first)).contains(1_000L);
    }

    @Test
    void aLaneThatWasThrottledAltogetherBacksOffForLaterClaimsToo() {
        StreamRecord first = Records.record(1, "a");
        RequestScheduler scheduler = scheduler(List.of(first));
        answer(scheduler, next(scheduler, 0), THROTTLED);

        RequestScheduler later =
                scheduler(List.of(first, Records.record(2, sameLaneAs("a")), Records.record(3, otherLaneThan("a"))));

        Request other = next(later, 1);
        assertThat(ids(other)).containsExactly(3L);
        answer(later, other, List.of(""));
        assertThat(later.next(2)).isNull();
        assertThat(ids(next(later, DELAY.toNanos()))).containsExactlyInAnyOrder(1L, 2L);
    }

    @Test
    void fewRecordsWaitForTheAnswersUnderWay() {
        RequestScheduler scheduler = scheduler(IntStream.range(0, 1000)
                .mapToObj(n -> Records.record(n, "k" + n % 510))
                .toList());
        Request full = next(scheduler, 0);
        assertThat(full.size()).isEqualTo(500);

        assertThat(scheduler.next(0)).as("10 keys").isNull();
        answer(scheduler, full, Collections.nCopies(500, ""));
        assertThat(next(scheduler, 0).size()).isEqualTo(500);
    }

    @Test
    void aRefusedRequestIsHalvedDownToTheCulprit() {
        schedulers.state(Records.STREAM).stored(Lanes.NONE.with(0), 0);
        RequestScheduler scheduler = scheduler(IntStream.range(0, 500)
                .mapToObj(n -> Records.record(n, "k" + n))
                .toList());

        int requests = 0;
        for (Request request = scheduler.next(0); request != null; request = scheduler.next(0)) {
            requests++;
            if (ids(request).contains(123L)) {
                scheduler.failed(request, new Failure(Failure.Kind.REFUSED, "ValidationException", "no"), 0);
            } else {
                answer(scheduler, request, Collections.nCopies(request.size(), ""));
            }
        }

        assertThat(requests).isLessThanOrEqualTo(1 + 2 * 9);
        List<Outcome> outcomes = new ArrayList<>(scheduler.outcomes("later"));
        assertThat(outcomes.remove(123))
                .isInstanceOfSatisfying(
                        Outcome.Quarantined.class,
                        culprit -> assertThat(culprit.reason())
                                .isEqualTo("the stream refused it: ValidationException (no)"));
        assertThat(outcomes).hasOnlyElementsOfType(Outcome.Delivered.class);
    }

    @Test
    void aStreamThatHasNeverAcceptedAnythingIsSuspectedBeforeAnyEvent() {
        RequestScheduler scheduler = scheduler(
                IntStream.range(0, 50).mapToObj(n -> Records.record(n, "k" + n)).toList());

        for (Request request = scheduler.next(0); request != null; request = scheduler.next(0)) {
            scheduler.failed(request, new Failure(Failure.Kind.REFUSED, "ValidationException", "no such name"), 0);
        }

        assertThat(scheduler.outcomes("later"))
                .hasSize(50)
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.TryLater.class));
        assertThat(scheduler.retryAt()).isEqualTo(DELAY.toNanos());
    }

    @Test
    void aFailingStreamGetsOneRequestAtATime() {
        RequestScheduler scheduler = scheduler(IntStream.range(0, 1_500)
                .mapToObj(n -> Records.record(n, "k" + n))
                .toList());
        Request one = next(scheduler, 0);
        Request two = next(scheduler, 0);
        scheduler.failed(one, new Failure(Failure.Kind.THROTTLED, THROTTLED, null), 1);
        scheduler.failed(two, new Failure(Failure.Kind.THROTTLED, THROTTLED, null), 2);

        long over = 1 + DELAY.toNanos();
        assertThat(scheduler.wakeAt())
                .as("the second failure tells of the same trouble")
                .isEqualTo(over);
        Request probe = next(scheduler, over);
        assertThat(scheduler.next(over)).isNull();
        answer(scheduler, probe, Collections.nCopies(probe.size(), ""));
        assertThat(scheduler.next(over)).isNotNull();
        assertThat(scheduler.next(over)).isNotNull();
    }

    @Test
    void truncateMarkersOfDifferentLanesAreIndependent() {
        RequestScheduler scheduler = scheduler(List.of(
                Records.record(1, "a"),
                Records.truncate(2, Records.laneOf("a")),
                Records.truncate(3, Records.laneOf(otherLaneThan("a"))),
                Records.record(4, sameLaneAs("a"))));

        assertThat(ids(next(scheduler, 0))).containsExactlyInAnyOrder(1L, 3L);
        assertThat(scheduler.next(0)).isNull();
    }

    @Test
    void aSequenceNumberThatDoesNotRiseIsReported() {
        RequestScheduler scheduler =
                scheduler(List.of(Records.record(1, "a"), Records.record(2, "a"), Records.record(3, "a")));
        for (long sequenceNumber : new long[] {100, 99, 101}) {
            scheduler.answered(next(scheduler, 0), ScriptedResults.of(List.of(""), sequenceNumber), 0);
        }

        assertThat(outOfSequence).containsExactly(2L);
    }

    /** A key may go to several streams, whose shards have the same names. */
    @Test
    void sequenceNumbersOfDifferentStreamsDoNotCompare() {
        RequestScheduler scheduler = scheduler(
                List.of(Records.record(1, "a"), Records.record(2, "a", "other", 100, false), Records.record(3, "a")));
        for (long sequenceNumber : new long[] {100, 50, 40}) {
            scheduler.answered(next(scheduler, 0), ScriptedResults.of(List.of(""), sequenceNumber), 0);
        }

        assertThat(outOfSequence).isEmpty();
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
        RequestScheduler scheduler = scheduler(claim);
        for (Request request = scheduler.next(0); request != null; request = scheduler.next(0)) {
            answer(scheduler, request, Collections.nCopies(request.size(), ""));
        }
        return scheduler.outcomes("later");
    }

    private RequestScheduler scheduler(List<StreamRecord> claim) {
        return schedulers.of(claim, new PollerListener() {
            @Override
            public void outOfSequence(Event event, String shardId, String sequenceNumber) {
                outOfSequence.add(event.id());
            }
        });
    }

    private static Request next(RequestScheduler scheduler, long now) {
        @Nullable Request request = scheduler.next(now);
        if (request == null) {
            throw new AssertionError("nothing may be sent at " + now);
        }
        return request;
    }

    private void answer(RequestScheduler scheduler, Request request, String... codes) {
        answer(scheduler, request, List.of(codes));
    }

    private void answer(RequestScheduler scheduler, Request request, List<String> codes) {
        scheduler.answered(request, ScriptedResults.of(codes, ++sequence), request.sentAt());
    }

    private static List<Long> ids(Request request) {
        return Sent.ids(request);
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
