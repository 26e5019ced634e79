package dev.leat.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Backlog;
import dev.leat.Ending;
import dev.leat.Event;
import dev.leat.Failing;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import dev.leat.RequestFailure.Scope;
import dev.leat.pipeline.DatabaseUnavailable;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailureTrackerTest {

    private final AtomicLong clock = new AtomicLong();
    private final List<Failing> failing = new ArrayList<>();
    private final List<String> recovered = new ArrayList<>();
    private final FailureTracker tracker = new FailureTracker(
            new PollerListener() {
                @Override
                public void failing(Failing now) {
                    failing.add(now);
                }

                @Override
                public void recovered(Failing was, Duration lasted) {
                    recovered.add(
                            was.part() + " " + was.name() + " after " + was.times() + " in " + lasted.toSeconds());
                }
            },
            clock::get);

    @Test
    void whatGoesOnFailingIsToldAgainAndAgainEverMoreSeldomWithTheNumberOfFailures() {
        for (int second = 0; second <= 300; second++) {
            passFails(5);
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
        }

        assertThat(failing.stream().map(one -> one.lasting().toSeconds()))
                .containsExactly(0L, 5L, 15L, 35L, 75L, 135L, 195L, 255L);
        assertThat(failing.stream().map(Failing::times)).containsExactly(1L, 6L, 16L, 36L, 76L, 136L, 196L, 256L);
        assertThat(failing.get(7).why()).isEqualTo("not settled: no right");
    }

    @Test
    void whatWaitsIsTold() {
        passFails(5);
        assertThat(tracker.failing()).isTrue();
        tracker.waiting(new Backlog(12, Duration.ofSeconds(5)));
        clock.addAndGet(Duration.ofSeconds(5).toNanos());
        passFails(5);

        assertThat(failing.get(0).waiting()).isNull();
        assertThat(failing.get(1).waiting()).isEqualTo(new Backlog(12, Duration.ofSeconds(5)));
    }

    @Test
    void aPassThatSettlesSomethingEndsIt() {
        passFails(5);
        clock.addAndGet(Duration.ofSeconds(8).toNanos());
        passFails(5);
        tracker.settled(List.of(new Outcome.Delivered(event(), "shard", "1")), Duration.ZERO);

        assertThat(recovered).containsExactly("PASSES  after 2 in 8");
        assertThat(tracker.failing()).isFalse();
        assertThat(tracker.ending(true).orderly()).isTrue();
    }

    /** While one worker holds the events that cannot be settled, another finds nothing to do. */
    @Test
    void aPassThatFindsNothingEndsOnlyWhatFailedBeforeItsClaim() {
        passFails(5);
        tracker.foundNothing();
        assertThat(tracker.failing()).isTrue();
        clock.addAndGet(Duration.ofSeconds(30).toNanos());
        tracker.foundNothing();
        assertThat(tracker.failing()).isFalse();

        passFails(0);
        tracker.foundNothing();
        assertThat(tracker.failing()).isFalse();
    }

    @Test
    void aStreamFailsUntilItTakesARecord() {
        streamFails(Scope.STREAM, "ResourceNotFoundException");
        tracker.shardUsed("other", "shard", 1, 1, 0);
        tracker.shardUsed("changes", "shard", 0, 0, 1);
        assertThat(tracker.ending(true).failing())
                .singleElement()
                .satisfies(one -> assertThat(one.why()).isEqualTo("ResourceNotFoundException (its words)"));

        tracker.shardUsed("changes", "shard", 1, 1, 0);
        assertThat(tracker.ending(true).orderly()).isTrue();
        assertThat(recovered).containsExactly("STREAM changes after 1 in 0");
    }

    @Test
    void throttlingAndALostRequestNowAndThenAreNoFailingStream() {
        streamFails(Scope.ENTRIES, "InternalFailure");
        streamFails(Scope.THROTTLED, "ProvisionedThroughputExceededException");
        assertThat(tracker.failing()).isFalse();

        streamFails(Scope.REQUEST, "ApiCallTimeoutException");
        streamFails(Scope.REQUEST, "ApiCallTimeoutException");
        assertThat(tracker.ending(true).orderly()).isTrue();
        streamFails(Scope.REQUEST, "ApiCallTimeoutException");
        assertThat(tracker.ending(true).orderly()).isFalse();
    }

    /** Such as one lane of many whose events cannot be settled. */
    @Test
    void whatFailsAndSucceedsInTurnsIsNotToldEachTime() {
        for (int second = 0; second < 120; second++) {
            passFails(5);
            tracker.settled(List.of(new Outcome.Delivered(event(), "shard", "1")), Duration.ZERO);
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
        }

        assertThat(failing).hasSize(5);
        assertThat(recovered).hasSize(5);
    }

    @Test
    void aDutyFailsByItself() {
        tracker.upkeepFailed("heartbeat", "it looks dead", new IllegalStateException("no right"), Duration.ZERO);
        tracker.upkeepDone("counts");
        assertThat(failing.get(0))
                .isEqualTo(new Failing(
                        Failing.Part.UPKEEP,
                        "heartbeat",
                        "no right",
                        "it looks dead",
                        1,
                        Duration.ZERO,
                        Duration.ZERO,
                        null));
        assertThat(tracker.ending(true).failing()).as("not tried again yet").isEmpty();
        tracker.upkeepFailed("heartbeat", "it looks dead", new IllegalStateException("no right"), Duration.ZERO);
        assertThat(tracker.ending(true).failing()).hasSize(1);
        tracker.upkeepDone("heartbeat");
        assertThat(tracker.ending(true).failing()).isEmpty();
    }

    @Test
    void aPollerWhoseLastFailureAnotherHasMadeGoodEndsInOrder() {
        passFails(5);
        assertThat(tracker.ending(true).orderly()).isFalse();
        tracker.waiting(new Backlog(0, Duration.ZERO));

        Ending ending = tracker.ending(true);

        assertThat(ending.orderly()).isTrue();
        assertThat(tracker.ending(false).orderly()).isFalse();
    }

    @Test
    void aSchemaThatIsGoneIsCalledThat() {
        tracker.passFailed(
                new DatabaseUnavailable(
                        "not claimed", new SQLException("schema \"leat_poller\" does not exist", "3F000")),
                0,
                Duration.ZERO);

        assertThat(failing.get(0).why())
                .endsWith("(Leat's schema is missing, or has another version: run `leat doctor`)");
    }

    private void passFails(int claimed) {
        tracker.passFailed(
                new DatabaseUnavailable("not settled", new SQLException("no right", "42501")),
                claimed,
                Duration.ofSeconds(1));
    }

    private void streamFails(Scope scope, String code) {
        tracker.retrying("changes", new RequestFailure(scope, code, "its words"), 1, Duration.ZERO);
    }

    private static Event event() {
        return new Event(
                1,
                3,
                Operation.CREATE,
                new Event.Route("key", null),
                new Event.Subject("public", "orders", null),
                new Event.Row("{}", null, "{}"),
                new Event.Origin(1, Instant.EPOCH, "app", null, null),
                false,
                null);
    }
}
