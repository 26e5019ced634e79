package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.StreamRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class KinesisPublisherTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final LongSupplier STOPPED_CLOCK = () -> 0;
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime());

    private final Fixture on = new Fixture(Fixture.settings(Duration.ofSeconds(20), LONG));

    @AfterEach
    void close() {
        on.close();
    }

    @Test
    void aClaimArrivesInOrderAndOnce() {
        List<StreamRecord> claim = Fixture.claim(700, 5);

        Publisher.Published published = on.publisher.publish(claim, Fixture.within(LONG));

        List<Outcome> outcomes = published.outcomes();
        Fixture.allDelivered(outcomes);
        assertThat(outcomes.stream().map(Outcome::event))
                .containsExactlyElementsOf(
                        claim.stream().map(StreamRecord::event).toList());
        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.outOfSequence).isEmpty();
        assertThat(published.retryAfter()).isZero();
        assertThat(published.backingOff().streams()).isEmpty();
        assertThat(published.backingOff().lanes()).isEqualTo(Lanes.NONE);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5})
    void whenEntriesFailTheOrderHoldsAndNothingIsRepeated(double share) {
        System.out.println("KinesisPublisherTest: -Dleat.test.seed=" + SEED);
        on.stream.faults(Faults.none().seed(SEED).failingEntries(share).shufflingEntries());
        List<StreamRecord> claim = Fixture.claim(300, Extent.of(3, 5));

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.retries).contains("ProvisionedThroughputExceededException");
    }

    @Test
    void throttlingThatOutlastsManyDelaysIsWaitedOut() {
        on.stream.faults(Faults.none().throttlingUntil(Instant.now().plusMillis(1_500)));
        List<StreamRecord> claim = Fixture.claim(50, 3);
        long began = System.nanoTime();

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.delays)
                .as("a stream that throttles gets one request at a time")
                .hasSizeBetween(4, 80)
                .allSatisfy(delay -> assertThat(delay).isLessThanOrEqualTo(Fixture.QUICK.cap()));
        assertThat(took).isBetween(Duration.ofMillis(1_400), Duration.ofMillis(1_500 + 80 + 3_000));
    }

    @Test
    void anAnswerThatIsLostRepeatsTheSameRecordsAndNothingOvertakesThem() {
        System.out.println("KinesisPublisherTest: -Dleat.test.seed=" + SEED);
        on.stream.faults(Faults.none().seed(SEED).losingAnswers(0.4));
        List<StreamRecord> claim = Fixture.claim(40, 12);

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        assertThat(on.firstArrivalsAreInOrder(claim)).isPositive();
    }

    @Test
    void aRequestThatHangsIsGivenUpAtItsTimeoutAndSentAgain() {
        try (Fixture brief = new Fixture(Fixture.settings(Duration.ofMillis(400), LONG))) {
            brief.stream.faults(Faults.none().hangingAfterApplying(1));
            List<StreamRecord> claim = Fixture.claim(10, 2);
            CompletableFuture<List<Outcome>> publishing =
                    CompletableFuture.supplyAsync(() -> brief.publish(claim, Fixture.within(LONG)));
            Await.until("a request timed out", LONG, () -> brief.heard.retries.contains("ApiCallTimeoutException"));
            brief.stream.faults(Faults.none());

            Fixture.allDelivered(publishing.join());

            assertThat(brief.firstArrivalsAreInOrder(claim)).isGreaterThanOrEqualTo(10);
        }
    }

    @Test
    void atTheDeadlineWhatIsNotDeliveredIsForLater() {
        on.stream.faults(Faults.none().delaying(Duration.ofMillis(250)));
        List<StreamRecord> claim = Fixture.claim(1, 100);
        long began = System.nanoTime();

        List<Outcome> outcomes = on.publish(claim, Fixture.within(Duration.ofMillis(900)));

        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(took).isBetween(Duration.ofMillis(700), Duration.ofMillis(2_500));
        int delivered = (int)
                outcomes.stream().filter(Outcome.Delivered.class::isInstance).count();
        assertThat(delivered).isBetween(1, 3);
        assertThat(outcomes.subList(delivered, 100))
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.TryLater.class));
        on.stream.faults(Faults.none());
        Await.until("nothing is left in flight", LONG, () -> on.stream.recordCount(Records.STREAM) >= delivered);
        assertThat(on.stream.recordCount(Records.STREAM)).isLessThanOrEqualTo(delivered + 1);
    }

    @Test
    void aRequestUnderWayIsGivenUpAtTheDeadline() {
        try (Fixture slow = new Fixture(Fixture.settings(Duration.ofSeconds(20), LONG))) {
            slow.stream.faults(Faults.none().hangingBeforeApplying(1));
            long began = System.nanoTime();

            List<Outcome> outcomes = slow.publish(Fixture.claim(10, 1), Fixture.within(Duration.ofMillis(600)));

            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
            assertThat(outcomes).hasSize(10).hasOnlyElementsOfType(Outcome.TryLater.class);
            assertThat(slow.heard.retries).containsExactly("ApiCallTimeoutException");
        }
    }

    @Test
    void afterTheDeadlineNothingIsSent() {
        List<Outcome> outcomes = on.publish(Fixture.claim(10, 1), Fixture.within(Duration.ofMillis(-1)));

        assertThat(outcomes)
                .hasSize(10)
                .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.TryLater.class));
        assertThat(on.stream.recordCount(Records.STREAM)).isZero();
    }

    @Test
    void anInterruptEndsItAfterWhatIsInFlight() throws Exception {
        on.stream.faults(Faults.none().delaying(Duration.ofMillis(200)));
        List<Outcome> outcomes = new CopyOnWriteArrayList<>();
        AtomicBoolean stillSet = new AtomicBoolean();
        Thread worker = new Thread(() -> {
            outcomes.addAll(on.publish(Fixture.claim(1, 500), Fixture.within(LONG)));
            stillSet.set(Thread.currentThread().isInterrupted());
        });
        worker.start();
        Await.until("something is delivered", LONG, () -> on.stream.recordCount(Records.STREAM) > 0);
        worker.interrupt();
        TimeUnit.SECONDS.timedJoin(worker, 5);

        assertThat(stillSet).isTrue();
        long delivered =
                outcomes.stream().filter(Outcome.Delivered.class::isInstance).count();
        assertThat(outcomes).hasSize(500);
        assertThat(delivered).isEqualTo(on.stream.recordCount(Records.STREAM)).isBetween(1L, 10L);
    }

    @Test
    void aTruncateMarkerGoesToItsLanesShardBetweenWhatCameBeforeAndAfter() {
        String key = "key-0";
        int lane = Records.laneOf(key);
        List<StreamRecord> claim = List.of(Records.record(1, key), Records.truncate(2, lane), Records.record(3, key));

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        List<KeptRecord> kept = on.stream.records(Records.STREAM);
        assertThat(kept.stream().map(KeptRecord::partitionKey)).containsExactly(key, "public.t#" + lane, key);
        assertThat(kept.stream().map(KeptRecord::shardId).distinct()).hasSize(1);
    }

    /** Workers share a publisher. One worker's claim comes to nothing; another worker's success must not change that answer. */
    @Test
    void theRetryDelayOfAClaimWhoseStreamFailsIsNotEndedByTheSuccessOfAnother() {
        StreamRecord missing = new StreamRecord(Records.record(1, "a").event(), "nowhere", new byte[] {'x'});
        try (Fixture shared = new Fixture(Fixture.settings(Duration.ofSeconds(20), LONG), STOPPED_CLOCK)) {
            Publisher.Published failed = shared.publisher.publish(List.of(missing), Fixture.within(LONG));
            Publisher.Published succeeded = shared.publisher.publish(Fixture.claim(10, 1), Fixture.within(LONG));

            assertThat(failed.outcomes()).hasOnlyElementsOfType(Outcome.TryLater.class);
            assertThat(failed.retryAfter()).isBetween(Fixture.QUICK.base().dividedBy(2), Fixture.QUICK.base());
            Fixture.allDelivered(succeeded.outcomes());
            assertThat(succeeded.retryAfter()).isZero();
        }
    }

    @Test
    void whatBacksOffLongerThanThePatienceIsGivenBack() {
        Duration patience = Duration.ofMillis(1);
        try (Fixture impatient = new Fixture(Fixture.settings(Duration.ofSeconds(20), patience), STOPPED_CLOCK)) {
            impatient.stream.faults(Faults.none().throttling());

            Publisher.Published published = impatient.publisher.publish(Fixture.claim(10, 1), Fixture.within(LONG));

            assertThat(published.outcomes()).hasOnlyElementsOfType(Outcome.TryLater.class);
            assertThat(published.retryAfter()).isBetween(Fixture.QUICK.base().dividedBy(2), Fixture.QUICK.base());
        }
    }

    @Test
    void afterItsSliceAClaimIsGivenBackWithEachKeysNextRecordDelivered() {
        PublishSettings defaults = Fixture.settings(Duration.ofSeconds(5), LONG);
        var sliced = new PublishSettings(
                defaults.poller(),
                defaults.requestLimits(),
                defaults.requestTimeout(),
                Duration.ZERO,
                defaults.patience(),
                defaults.retryDelays());
        try (Fixture brief = new Fixture(sliced)) {
            List<StreamRecord> claim = Fixture.claim(10, 2);
            List<Outcome> outcomes = brief.publish(claim, Fixture.within(LONG));
            assertThat(outcomes).filteredOn(Outcome.Delivered.class::isInstance).isNotEmpty();
            assertThat(outcomes).filteredOn(Outcome.TryLater.class::isInstance).isNotEmpty();
        }
    }

    @Test
    void claimsCanBePublishedAtTheSameTime() {
        System.out.println("KinesisPublisherTest: -Dleat.test.seed=" + SEED);
        on.stream.faults(Faults.none().seed(SEED).failingEntries(0.1));
        List<StreamRecord> all = Fixture.claim(400, 5);
        List<CompletableFuture<List<Outcome>>> claims = IntStream.range(0, 4)
                .mapToObj(worker -> all.stream()
                        .filter(record -> record.event().lane() % 4 == worker)
                        .toList())
                .map(claim -> CompletableFuture.supplyAsync(() -> on.publish(claim, Fixture.within(LONG))))
                .toList();

        claims.forEach(claim -> Fixture.allDelivered(claim.join()));

        assertThat(on.firstArrivalsAreInOrder(all)).isZero();
    }
}
