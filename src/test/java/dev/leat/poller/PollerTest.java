package dev.leat.poller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.Shaper;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.Publisher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PollerTest {

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final Script script = new Script();
    private @Nullable Duration pauseAfterFailures;

    @Test
    void anEventGoesThroughTheStagesInOrder() throws Exception {
        script.claims.add(List.of(event(1, "a")));
        Poller poller = poller();
        poller.start();
        assertThat(next()).isEqualTo("shape 1");
        assertThat(next()).isEqualTo("publish [1] to the default stream");
        assertThat(next()).isEqualTo("settle [Delivered 1]");
        assertThat(next()).isEqualTo("closed");
        stop(poller, Duration.ZERO);
    }

    @Test
    void anEventWithoutAFormIsRefusedAndItsKeyWaitsWhileOthersGoOn() throws Exception {
        script.unshapeable.add(1L);
        script.claims.add(List.of(event(1, "a"), event(2, "b"), event(3, "a")));
        Poller poller = poller();
        poller.start();
        assertThat(next()).isEqualTo("shape 2");
        assertThat(next()).isEqualTo("publish [2] to the default stream");
        assertThat(next()).isEqualTo("settle [Quarantined 1, Waiting 3, Delivered 2]");
        stop(poller, Duration.ZERO);
    }

    @Test
    void aRefusedEventIsNotSetAsideBeforeThoseOfItsKeyThatAreToBeTriedLater() throws Exception {
        script.unshapeable.add(2L);
        script.unshapeable.add(5L);
        script.late.add(1L);
        script.claims.add(List.of(event(1, "a"), event(2, "a"), event(3, "a"), event(4, "b"), event(5, "b")));
        Poller poller = poller();
        poller.start();
        for (long id : new long[] {1, 4}) {
            assertThat(next()).isEqualTo("shape " + id);
        }
        assertThat(next()).isEqualTo("publish [1, 4] to the default stream");
        assertThat(next()).isEqualTo("settle [TryLater 2, TryLater 3, Quarantined 5, TryLater 1, Delivered 4]");
        stop(poller, Duration.ZERO);
    }

    @Test
    void theNextClaimLeavesOutWhatThePublisherSaysBacksOff() throws Exception {
        script.backingOff = new Publisher.BackingOff() {
            @Override
            public Set<String> streams() {
                return Set.of("slow");
            }

            @Override
            public Lanes lanes() {
                return new Lanes(5);
            }
        };
        script.claims.add(List.of(event(1, "a")));
        script.claims.add(List.of(event(2, "a")));
        Poller poller = poller();
        poller.start();
        assertThat(next()).isEqualTo("shape 1");
        skipTo("closed");
        assertThat(next()).isEqualTo("claim without [slow] and lanes [0, 2]");
        assertThat(next()).isEqualTo("shape 2");
        stop(poller, Duration.ZERO);
    }

    @Test
    void aPassThatCouldDeliverNothingIsFollowedByTheWaitThatThePublisherAsksFor() throws Exception {
        script.late.add(1L);
        script.retryAfter = Duration.ofNanos(1);
        pauseAfterFailures = Duration.ofDays(1);
        script.claims.add(List.of(event(1, "a")));
        script.claims.add(List.of(event(2, "b")));
        Poller poller = poller();
        poller.start();
        skipTo("settle [TryLater 1]");
        skipTo("settle [Delivered 2]");
        stop(poller, Duration.ZERO);
    }

    @Test
    void aWorkerOutlivesAnError() throws Exception {
        script.claims.add(List.of(event(1, "a")));
        script.claims.add(List.of(event(2, "a")));
        script.whilePublishing = () -> {
            script.whilePublishing = () -> {};
            throw new OutOfMemoryError("a test");
        };
        Poller poller = poller();
        poller.start();
        assertThat(next()).isEqualTo("shape 1");
        assertThat(next()).isEqualTo("publish [1] to the default stream");
        assertThat(next()).isEqualTo("closed");
        assertThat(next()).contains("OutOfMemoryError: a test");
        assertThat(next()).isEqualTo("shape 2");
        stop(poller, Duration.ZERO);
    }

    @Test
    void aLostDatabaseIsToldAndAskedAgain() throws Exception {
        script.claims.add(List.of());
        script.failures.add(new DatabaseUnavailable("gone", new java.sql.SQLException("closed")));
        script.claims.add(List.of(event(1, "a")));
        Poller poller = poller();
        poller.start();
        assertThat(next()).isEqualTo("failed: gone, 1");
        assertThat(next()).isEqualTo("publish [] to the default stream");
        stop(poller, Duration.ZERO);
    }

    /** With several workers, one finds nothing while another holds the events. */
    @Test
    void aPassThatFindsNothingDoesNotEndTheBackoffForEventsThatCannotBeSettled() throws Exception {
        script.settles = false;
        for (int n = 0; n < 3; n++) {
            script.claims.add(List.of(event(1, "a")));
            script.claims.add(List.of());
        }
        Poller poller = poller();
        poller.start();
        skipTo("failed: not settled, 1");
        skipTo("failed: not settled, 2");
        skipTo("failed: not settled, 3");
        stop(poller, Duration.ZERO);
    }

    @Test
    void stoppingLetsTheClaimUnderWayBeFinished() throws Exception {
        script.claims.add(List.of(event(1, "a")));
        CountDownLatch publishing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        script.whilePublishing = () -> {
            publishing.countDown();
            await(goOn);
        };
        Poller poller = poller();
        poller.start();
        await(publishing);
        Thread stopper = new Thread(() -> stop(poller, Duration.ofSeconds(30)));
        stopper.start();
        goOn.countDown();
        stopper.join();
        assertThat(told).contains("settle [Delivered 1]", "closed", "stopped: true");
    }

    @Test
    void afterTheGraceAClaimUnderWayIsCutShort() throws Exception {
        script.claims.add(List.of(event(1, "a")));
        CountDownLatch publishing = new CountDownLatch(1);
        script.whilePublishing = () -> {
            publishing.countDown();
            await(new CountDownLatch(1));
        };
        Poller poller = poller();
        poller.start();
        await(publishing);
        stop(poller, Duration.ZERO);
        assertThat(told).contains("closed", "stopped: false");
    }

    @Test
    void aPassThatTakesLongKeepsNoOtherWaiting() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        script.whilePublishing = () -> {
            script.whilePublishing = () -> {};
            script.give(List.of(event(2, "b")));
            await(goOn);
        };
        Poller poller = poller(2);
        poller.start();
        // Each has found nothing, and the second waits.
        skipTo("closed");
        skipTo("closed");
        script.give(List.of(event(1, "a")));
        skipTo("settle [Delivered 2]");
        assertThat(told).doesNotContain("settle [Delivered 1]");
        goOn.countDown();
        stop(poller, Duration.ofSeconds(30));
        assertThat(told).contains("settle [Delivered 1]");
    }

    private Poller poller() {
        return poller(1);
    }

    private Poller poller(int workers) {
        PollerListener listener = new PollerListener() {
            @Override
            public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                told.add("failed: " + cause.getMessage() + ", " + pause.toNanos());
            }
        };
        return new Poller(workers, this::stages, new WorkerContext("default", listener, this::pause, System::nanoTime));
    }

    private Duration pause(int failures) {
        return pauseAfterFailures == null ? Duration.ofNanos(failures) : pauseAfterFailures;
    }

    private Stages stages() {
        return new Stages(script, script::shape, (records, deadline) -> {
            told.add("publish "
                    + records.stream().map(r -> r.event().id()).toList() + " to the "
                    + records.stream().map(r -> r.stream()).findFirst().orElse("default") + " stream");
            if (!records.isEmpty()) {
                script.whilePublishing.run();
            }
            List<Outcome> outcomes = new ArrayList<>();
            records.forEach(record -> outcomes.add(
                    script.late.contains(record.event().id())
                            ? new Outcome.TryLater(record.event(), "throttled")
                            : new Outcome.Delivered(record.event(), "shard", "1")));
            return new Publisher.Published(outcomes, script.retryAfter, script.backingOff);
        });
    }

    private String next() throws InterruptedException {
        String line = told.poll(30, TimeUnit.SECONDS);
        return line == null ? "nothing" : line;
    }

    private void skipTo(String wanted) throws InterruptedException {
        for (String line = next(); !line.equals(wanted); line = next()) {
            assertThat(line).isNotEqualTo("nothing");
        }
    }

    private void stop(Poller poller, Duration grace) {
        try {
            told.add("stopped: " + poller.stop(grace));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Event event(long id, String key) {
        return new Event(
                id,
                0,
                Operation.CREATE,
                new Event.Route(key, null),
                new Event.Subject("public", "t", null),
                new Event.Row(null, null, "{}"),
                new Event.Origin(1, Instant.EPOCH, "me", null, null),
                false,
                null);
    }

    /** Hands out prepared claims, then waits for more. */
    private final class Script implements Claims {

        private final BlockingQueue<List<Event>> claims = new LinkedBlockingQueue<>();
        private final BlockingQueue<RuntimeException> failures = new LinkedBlockingQueue<>();
        private final List<Long> unshapeable = new ArrayList<>();
        private final List<Long> late = new ArrayList<>();
        private volatile boolean settles = true;
        private volatile Duration retryAfter = Duration.ZERO;
        private volatile Publisher.BackingOff backingOff = Publisher.BackingOff.NONE;
        private volatile Runnable whilePublishing = () -> {};

        byte[] shape(Event event) throws Shaper.Unshapeable {
            if (unshapeable.contains(event.id())) {
                throw new Shaper.Unshapeable("no form");
            }
            told.add("shape " + event.id());
            return "{}".getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public Claim claim(Set<String> streamsBackingOff, Lanes lanesBackingOff) {
            if (!streamsBackingOff.isEmpty() || !lanesBackingOff.isEmpty()) {
                told.add("claim without " + streamsBackingOff + " and " + lanesBackingOff);
            }
            RuntimeException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
            List<Event> events = claims.poll();
            return new ScriptedClaim(events == null ? List.of() : events);
        }

        @Override
        public void awaitWork(Supplier<Lanes> lanesBackingOff) throws InterruptedException {
            synchronized (claims) {
                while (claims.isEmpty()) {
                    claims.wait();
                }
            }
        }

        void give(List<Event> claim) {
            synchronized (claims) {
                claims.add(claim);
                claims.notifyAll();
            }
        }
    }

    private final class ScriptedClaim implements Claim {

        private final List<Event> events;

        ScriptedClaim(List<Event> events) {
            this.events = events;
        }

        @Override
        public List<Event> events() {
            return events;
        }

        @Override
        public boolean full() {
            return false;
        }

        @Override
        public Deadline deadline() {
            return Deadline.in(Duration.ofMinutes(1), System::nanoTime);
        }

        @Override
        public void settle(List<Outcome> outcomes) {
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            if (!script.settles && !outcomes.isEmpty()) {
                throw new DatabaseUnavailable("not settled", new java.sql.SQLException("no right"));
            }
            told.add("settle "
                    + outcomes.stream()
                            .map(o -> o.getClass().getSimpleName() + " "
                                    + o.event().id())
                            .toList());
        }

        @Override
        public void close() {
            told.add("closed");
        }
    }
}
