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
import dev.leat.pipeline.DatabaseUnavailable;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ListenersTest {

    private final AtomicLong clock = new AtomicLong();
    private final RecordingLogger logger = new RecordingLogger();
    private final LogListener log = new LogListener(logger, clock::get);

    /** Of shards only {@code status} tells: in a log they would be a line for each answer. */
    @Test
    void noMessageOfThePollerIsForgotten() throws Exception {
        for (Method message : PollerListener.class.getMethods()) {
            boolean forStatusAlone = message.getName().equals("shardUsed");
            for (Class<?> listener :
                    forStatusAlone ? List.of(Listeners.class) : List.of(Listeners.class, LogListener.class)) {
                assertThat(listener.getMethod(message.getName(), message.getParameterTypes())
                                .getDeclaringClass())
                        .as(message.getName())
                        .isEqualTo(listener);
            }
        }
    }

    @Test
    void oneThatThrowsKeepsNothingFromTheOthers() {
        List<String> heard = new ArrayList<>();
        PollerListener broken = new PollerListener() {
            @Override
            public void notice(String text) {
                throw new IllegalStateException("broken");
            }
        };
        PollerListener sound = new PollerListener() {
            @Override
            public void notice(String text) {
                heard.add(text);
            }
        };

        new Listeners(List.of(broken, sound)).notice("hello");

        assertThat(heard).containsExactly("hello");
    }

    @Test
    void throttlingIsWrittenTwiceAMinuteAtMostWithTheNumberLeftOut() {
        for (int i = 0; i < 100; i++) {
            log.retrying("orders", entries(), 7, Duration.ofMillis(120));
        }
        log.retrying("items", entries(), 1, Duration.ofMillis(120));
        clock.addAndGet(Duration.ofSeconds(31).toNanos());
        log.retrying("orders", entries(), 7, Duration.ofMillis(120));

        assertThat(logger.lines)
                .hasSize(3)
                .first()
                .asString()
                .contains(
                        "stream orders",
                        "(Rate exceeded for shard 3)",
                        "7 entries",
                        "sent again after 120 ms",
                        "later events of their keys wait");
        assertThat(logger.lines.get(2)).contains("and 99 more of this kind");
    }

    @Test
    void aRefusedEventIsNamedWithWhatBecomesOfItsKey() {
        log.settled(
                List.of(
                        new Outcome.Quarantined(event(42, false), "too large for the stream"),
                        new Outcome.Quarantined(event(43, true), "not JSON")),
                Duration.ofMillis(5));

        assertThat(logger.lines)
                .satisfiesExactly(
                        first -> assertThat(first)
                                .contains("event 42 of key public.orders.7", "too large", "wait in quarantine"),
                        second -> assertThat(second).contains("event 43", "pass it"));
    }

    /** The log may be an application's, whose binding prints what it is given. */
    @Test
    void noValueBeginsALineOfTheLogOrActsOnATerminal() {
        String forged = "x\nERROR forged\u001b[2J";
        Event event = new Event(
                1,
                3,
                Operation.CREATE,
                new Event.Route(forged, null),
                new Event.Subject("public", "orders", null),
                new Event.Row("{}", null, "{}"),
                new Event.Origin(1, Instant.EPOCH, "app", null, null),
                false,
                null);
        log.settled(List.of(new Outcome.Quarantined(event, forged)), Duration.ZERO);
        log.retrying(forged, new RequestFailure(RequestFailure.Scope.ENTRIES, forged, forged), 1, Duration.ZERO);
        log.outOfSequence(event, forged, forged);
        log.notice(forged);
        log.movedPastGap(1, 2, forged);
        for (Failing.Part part : Failing.Part.values()) {
            Failing failing = new Failing(part, forged, forged, forged, 2, Duration.ZERO, Duration.ZERO, null);
            log.failing(failing);
            if (part != Failing.Part.PASSES) {
                log.recovered(failing, Duration.ZERO);
            }
            log.stopped(new Ending(true, List.of(failing), new Backlog(1, Duration.ZERO)));
        }
        // What this poller itself has to say of it names nothing of others.
        logger.lines.removeIf(line -> line.startsWith("WARN not everything was published"));

        assertThat(logger.lines)
                .hasSize(13)
                .allSatisfy(line ->
                        assertThat(line).contains("ERROR forged\\u001b[2J").doesNotContain("\n", "\u001b"));
    }

    @Test
    void whatWasPublishedIsSummedOnceAMinute() {
        log.sending("changes", 8, 1);
        log.sending("changes", 4, 2);
        for (int i = 0; i < 10; i++) {
            log.settled(List.of(new Outcome.Delivered(event(i, false), "shard", "1")), Duration.ofMillis(5));
        }
        assertThat(logger.lines).isEmpty();
        clock.addAndGet(Duration.ofMinutes(1).toNanos());
        log.settled(List.of(new Outcome.Delivered(event(11, false), "shard", "1")), Duration.ofMillis(5));

        assertThat(logger.lines)
                .containsExactly(
                        "INFO published 11 events since the last message of this kind, by 2 requests; averages: 6 records in a request,"
                                + " 1.5 concurrent requests of a claim");
    }

    @Test
    void whatKeepsFailingSaysSinceWhenHowOftenAndWhatWaits() {
        log.failing(new Failing(
                Failing.Part.PASSES,
                "",
                "the right is missing",
                "events stay in the outbox",
                7,
                Duration.ofSeconds(35),
                Duration.ofSeconds(5),
                new Backlog(1_204, Duration.ofMinutes(4))));
        log.failing(new Failing(
                Failing.Part.STREAM,
                "changes",
                "AccessDeniedException (User: arn:aws:iam::1:user/x is not authorized; request id 7)",
                "its events stay in the outbox",
                1,
                Duration.ZERO,
                Duration.ofSeconds(5),
                null));

        assertThat(logger.lines)
                .containsExactly(
                        "WARN passes have failed for 35 s, 7 times in a row: the right is missing; events stay in the outbox;"
                                + " 1204 events wait, the oldest for 4 min; it is tried again in 5000 ms",
                        "WARN a request to stream changes failed: AccessDeniedException (User: arn:aws:iam::1:user/x is not authorized;"
                                + " request id 7); its events stay in the outbox; it is tried again in 5000 ms");
    }

    @Test
    void theEndOfAPollerThatFailsIsNotCalledOrderly() {
        Failing failing = new Failing(
                Failing.Part.PASSES, "", "no right", "events stay", 2, Duration.ofSeconds(9), Duration.ZERO, null);

        log.stopped(new Ending(true, List.of(failing), new Backlog(3, Duration.ofSeconds(9))));
        log.stopped(new Ending(true, List.of(), null));

        assertThat(logger.lines)
                .containsExactly(
                        "WARN stopped while this was failing: passes have failed for 9 s, 2 times in a row: no right;"
                                + " events stay",
                        "WARN not everything was published; 3 events wait, the oldest for 9 s; any poller publishes"
                                + " what waits once the fault is repaired",
                        "INFO stopped: everything claimed is settled, and no lane is held");
    }

    @Test
    void aFailedPassSaysWhatFollows() {
        new FailureTracker(log, clock::get)
                .passFailed(
                        new DatabaseUnavailable("the claim failed", new SQLException("connection reset\nby peer")),
                        3,
                        Duration.ofSeconds(1));

        assertThat(logger.lines)
                .singleElement()
                .asString()
                .contains(
                        "the claim failed: connection reset by peer",
                        "claimed (3) stay in the outbox",
                        "tried again in 1000 ms");
    }

    @Test
    void aMovePastAGapSaysWhatFollowsAndWhy() {
        log.movedPastGap(1000, 217_000_000_000_000L, "the database is on timeline 7/00000002 and was on 7/00000001");

        assertThat(logger.lines)
                .singleElement()
                .asString()
                .startsWith("WARN new event ids begin above 217000000000000")
                .contains("timeline 7/00000002", "changes above id 1000", "under new ids, a second time if");
    }

    private static RequestFailure entries() {
        return new RequestFailure(
                RequestFailure.Scope.ENTRIES, "ProvisionedThroughputExceededException", "Rate exceeded for shard 3");
    }

    private static Event event(long id, boolean mayPass) {
        return new Event(
                id,
                3,
                Operation.CREATE,
                new Event.Route("public.orders.7", null),
                new Event.Subject("public", "orders", null),
                new Event.Row("{}", null, "{}"),
                new Event.Origin(1, Instant.EPOCH, "app", null, null),
                mayPass,
                null);
    }
}
