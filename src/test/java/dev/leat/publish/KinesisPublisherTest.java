package dev.leat.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.StreamRecord;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.model.UpdateMaxRecordSizeRequest;

@Timeout(60)
final class KinesisPublisherTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime());

    private final Fixture on = new Fixture(Fixture.settings(Duration.ofMillis(400), LONG));

    @AfterEach
    void close() {
        on.close();
    }

    @Test
    void aClaimArrivesInOrderAndOnce() {
        List<StreamRecord> claim = Fixture.claim(700, 5);

        List<Outcome> outcomes = on.publisher.publish(claim, Fixture.within(LONG));

        Fixture.allDelivered(outcomes);
        assertThat(outcomes.stream().map(Outcome::event))
                .containsExactlyElementsOf(
                        claim.stream().map(StreamRecord::event).toList());
        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.outOfSequence).isEmpty();
        assertThat(on.publisher.restAdvised()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5})
    void whenEntriesFailTheOrderHoldsAndNothingIsRepeated(double share) {
        System.out.println("KinesisPublisherTest: -Dleat.test.seed=" + SEED);
        on.stream.faults(Faults.none().seed(SEED).failingEntries(share).shufflingEntries());
        List<StreamRecord> claim = Fixture.claim(300, 5);

        Fixture.allDelivered(on.publisher.publish(claim, Fixture.within(LONG)));

        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.retries).contains("ProvisionedThroughputExceededException");
    }

    @Test
    void throttlingThatOutlastsManyPausesIsWaitedOut() {
        on.stream.faults(Faults.none().throttlingUntil(Instant.now().plusMillis(1_500)));
        List<StreamRecord> claim = Fixture.claim(50, 3);
        long began = System.nanoTime();

        Fixture.allDelivered(on.publisher.publish(claim, Fixture.within(LONG)));

        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        assertThat(on.heard.pauses)
                .as("one request at a time probes a stream that throttles")
                .hasSizeBetween(10, 80)
                .allSatisfy(pause -> assertThat(pause).isLessThanOrEqualTo(Fixture.QUICK.cap()));
        assertThat(took).isBetween(Duration.ofMillis(1_400), Duration.ofMillis(1_500 + 80 + 1_500));
    }

    @Test
    void anAnswerThatIsLostRepeatsTheSameRecordsAndNothingOvertakesThem() {
        System.out.println("KinesisPublisherTest: -Dleat.test.seed=" + SEED);
        on.stream.faults(Faults.none().seed(SEED).losingAnswers(0.4));
        List<StreamRecord> claim = Fixture.claim(40, 12);

        Fixture.allDelivered(on.publisher.publish(claim, Fixture.within(LONG)));

        assertThat(on.firstArrivalsAreInOrder(claim)).isPositive();
    }

    @Test
    void aRequestThatHangsIsGivenUpAtItsTimeoutAndSentAgain() {
        on.stream.faults(Faults.none().hangingAfterApplying(1));
        List<StreamRecord> claim = Fixture.claim(10, 2);
        CompletableFuture<List<Outcome>> publishing =
                CompletableFuture.supplyAsync(() -> on.publisher.publish(claim, Fixture.within(LONG)));
        Await.until("a request timed out", LONG, () -> on.heard.retries.contains("ApiCallTimeoutException"));
        on.stream.faults(Faults.none());

        Fixture.allDelivered(publishing.join());

        assertThat(on.firstArrivalsAreInOrder(claim)).isBetween(10, 20);
    }

    @Test
    void atTheDeadlineWhatIsNotDeliveredIsForLater() {
        on.stream.faults(Faults.none().delaying(Duration.ofMillis(250)));
        List<StreamRecord> claim = Fixture.claim(1, 100);
        long began = System.nanoTime();

        List<Outcome> outcomes = on.publisher.publish(claim, Fixture.within(Duration.ofMillis(900)));

        Duration took = Duration.ofNanos(System.nanoTime() - began);
        assertThat(took).isBetween(Duration.ofMillis(700), Duration.ofMillis(1_300));
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
    void afterTheDeadlineNothingLeaves() {
        List<Outcome> outcomes = on.publisher.publish(Fixture.claim(10, 1), Fixture.within(Duration.ofMillis(-1)));

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
            outcomes.addAll(on.publisher.publish(Fixture.claim(1, 500), Fixture.within(LONG)));
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
    void aRecordThatIsTooLargeIsQuarantinedAndItsKeyWaitsBehindIt() {
        List<StreamRecord> claim = List.of(
                Records.record(1, "a"),
                Records.record(2, "a", Records.STREAM, 1_200_000, false),
                Records.record(3, "b", Records.STREAM, 1_200_000, true),
                Records.record(4, "a"),
                Records.record(5, "b"));

        List<Outcome> outcomes = on.publisher.publish(claim, Fixture.within(LONG));

        assertThat(outcomes.get(0)).isInstanceOf(Outcome.Delivered.class);
        assertThat(outcomes.get(1))
                .isEqualTo(new Outcome.Quarantined(
                        claim.get(1).event(),
                        "it has 1200001 bytes with its partition key; orders takes up to 1048576"));
        assertThat(outcomes.get(2)).isInstanceOf(Outcome.Quarantined.class);
        assertThat(outcomes.get(3)).isEqualTo(new Outcome.Waiting(claim.get(3).event(), 2));
        assertThat(outcomes.get(4)).isInstanceOf(Outcome.Delivered.class);
    }

    @Test
    void aStreamWithAHigherLimitTakesTheLargerRecord() {
        String arn = on.client
                .describeStreamSummary(r -> r.streamName(Records.STREAM))
                .streamDescriptionSummary()
                .streamARN();
        on.client.updateMaxRecordSize(UpdateMaxRecordSizeRequest.builder()
                .streamARN(arn)
                .maxRecordSizeInKiB(2_048)
                .build());

        Fixture.allDelivered(on.publisher.publish(
                List.of(Records.record(1, "a", Records.STREAM, 1_200_000, false)), Fixture.within(LONG)));
    }

    @Test
    void aRecordThatOnlyTheStreamFindsTooLargeIsSingledOut() {
        var set = new PublishSettings(
                4,
                PublishSettings.RequestLimits.ofTheService(),
                OptionalInt.of(10 << 20),
                Duration.ofSeconds(5),
                LONG,
                Fixture.QUICK);
        try (Fixture trusting = new Fixture(set)) {
            List<StreamRecord> claim = new ArrayList<>(Fixture.claim(100, 2));
            claim.add(37, Records.record(1_000, "culprit", Records.STREAM, 1_200_000, false));

            List<Outcome> outcomes = trusting.publisher.publish(claim, Fixture.within(LONG));

            assertThat(outcomes.remove(37)).isInstanceOf(Outcome.Quarantined.class);
            Fixture.allDelivered(outcomes);
        }
    }

    @Test
    void aStreamThatIsMissingHoldsUpItsOwnEventsAlone() {
        List<StreamRecord> claim = new ArrayList<>(Fixture.claim(20, 2));
        claim.add(Records.record(1_000, "elsewhere", "missing", 10, false));

        List<Outcome> outcomes = on.publisher.publish(claim, Fixture.within(LONG));

        assertThat(outcomes.remove(40))
                .isInstanceOfSatisfying(
                        Outcome.TryLater.class,
                        later -> assertThat(later.reason()).contains("ResourceNotFoundException"));
        Fixture.allDelivered(outcomes);
        assertThat(on.heard.retries).containsOnly("ResourceNotFoundException");
    }

    @Test
    void whenNothingCanBeDeliveredARestIsAdvisedAndTheNextClaimDoesNotAskSooner() {
        List<StreamRecord> claim = List.of(Records.record(1, "elsewhere", "missing", 10, false));
        var patient = new PublishSettings.Backoff(Duration.ofSeconds(5), Duration.ofSeconds(5), 0);
        var impatient = new PublishSettings(
                4,
                PublishSettings.RequestLimits.ofTheService(),
                OptionalInt.empty(),
                Duration.ofSeconds(5),
                Duration.ofMillis(10),
                patient);
        try (Fixture calm = new Fixture(impatient)) {
            calm.publisher.publish(claim, Fixture.within(LONG));
            assertThat(calm.publisher.restAdvised()).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(5));

            List<Outcome> again = calm.publisher.publish(claim, Fixture.within(LONG));

            assertThat(again).hasOnlyElementsOfType(Outcome.TryLater.class);
            assertThat(calm.heard.retries).hasSize(1);
        }
    }

    @Test
    void streamsByNameAndByArnAreServedInOneClaim() {
        String arn = on.stream.createStream("other", 1);
        List<StreamRecord> claim = new ArrayList<>(Fixture.claim(10, 2));
        for (int n = 0; n < 10; n++) {
            claim.add(Records.record(1_000 + n, "other-" + n, arn, 10, false));
        }

        Fixture.allDelivered(on.publisher.publish(claim, Fixture.within(LONG)));

        assertThat(on.stream.recordCount(Records.STREAM)).isEqualTo(20);
        assertThat(on.stream.recordCount("other")).isEqualTo(10);
    }

    @Test
    void aTruncateMarkerGoesToItsLanesShardBetweenWhatCameBeforeAndAfter() {
        String key = "key-0";
        int lane = Records.laneOf(key);
        List<StreamRecord> claim = List.of(Records.record(1, key), Records.truncate(2, lane), Records.record(3, key));

        Fixture.allDelivered(on.publisher.publish(claim, Fixture.within(LONG)));

        List<KeptRecord> kept = on.stream.records(Records.STREAM);
        assertThat(kept.stream().map(KeptRecord::partitionKey)).containsExactly(key, "public.t#" + lane, key);
        assertThat(kept.stream().map(KeptRecord::shardId).distinct()).hasSize(1);
    }

    @Test
    void anEndpointThatIsGoneIsAnInterruptionAndNoVerdictOnEvents() {
        on.stream.close();

        List<Outcome> outcomes = on.publisher.publish(Fixture.claim(5, 1), Fixture.within(Duration.ofMillis(600)));

        assertThat(outcomes).hasOnlyElementsOfType(Outcome.TryLater.class);
        assertThat(on.heard.retries).isNotEmpty();
    }
}
