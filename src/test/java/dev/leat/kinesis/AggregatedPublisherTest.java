package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.consume.Unpacker;
import dev.leat.localstream.Faults;
import dev.leat.localstream.KeptRecord;
import dev.leat.pipeline.StreamRecord;
import dev.leat.testkit.Extent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The cases of {@link KinesisPublisherTest} and {@link RefusalTest} with aggregates instead of single events. */
@Timeout(60)
final class AggregatedPublisherTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime());

    private static Fixture aggregating(Aggregation.Format format) {
        return aggregating(format, Aggregation.DEFAULT_RECORD_BYTES, OptionalInt.empty(), LONG);
    }

    private static Fixture aggregating(
            Aggregation.Format format, int recordBytes, OptionalInt maxRecordBytes, Duration slice) {
        PublishSettings plain = Fixture.settings(Duration.ofSeconds(20), LONG);
        PollerSettings.Builder poller =
                PollerSettings.builder().aggregation(new Aggregation(format, Map.of(), recordBytes));
        maxRecordBytes.ifPresent(poller::maxRecordSize);
        return new Fixture(new PublishSettings(
                poller.build(),
                plain.requestLimits(),
                plain.requestTimeout(),
                slice,
                plain.patience(),
                plain.retryDelays()));
    }

    /** As a poller does, which claims again what a slice has left over. */
    private static List<Outcome> publishAll(Fixture on, List<StreamRecord> claim) {
        List<Outcome> decided = new ArrayList<>();
        List<StreamRecord> left = claim;
        while (!left.isEmpty()) {
            List<Outcome> outcomes = on.publish(left, Fixture.within(LONG));
            List<StreamRecord> later = new ArrayList<>();
            for (int n = 0; n < outcomes.size(); n++) {
                if (outcomes.get(n) instanceof Outcome.TryLater) {
                    later.add(left.get(n));
                } else {
                    decided.add(outcomes.get(n));
                }
            }
            left = later;
        }
        return decided;
    }

    @ParameterizedTest
    @EnumSource(names = {"KPL", "LINES"})
    void aHotKeyIsNotOneEventForEachRoundTrip(Aggregation.Format format) {
        try (Fixture on = aggregating(format)) {
            List<StreamRecord> claim = Fixture.claim(3, 700);

            List<Outcome> outcomes = on.publish(claim, Fixture.within(LONG));

            Fixture.allDelivered(outcomes);
            assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
            assertThat(on.stream.records(Records.STREAM))
                    .hasSizeLessThanOrEqualTo(6)
                    .as("what Firehose takes apart")
                    .allSatisfy(kept -> assertThat(Unpacker.unpack(kept.data())).hasSizeLessThanOrEqualTo(500));
            assertThat(on.heard.outOfSequence).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"KPL, 0.05", "KPL, 0.1", "KPL, 0.5", "LINES, 0.1", "LINES, 0.5"})
    void whenEntriesFailTheOrderHoldsAndNothingIsRepeated(Aggregation.Format format, double share) {
        System.out.println("AggregatedPublisherTest: -Dleat.test.seed=" + SEED);
        try (Fixture on = aggregating(format, 1_024, OptionalInt.empty(), LONG)) {
            on.stream.faults(Faults.none().seed(SEED).failingEntries(share).shufflingEntries());
            List<StreamRecord> claim = Fixture.claim(300, Extent.of(8, 20));

            Fixture.allDelivered(publishAll(on, claim));

            assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
            assertThat(on.heard.retries).contains("ProvisionedThroughputExceededException");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"KPL", "LINES"})
    void anAnswerThatIsLostRepeatsTheSameEventsAndNothingOvertakesThem(Aggregation.Format format) {
        System.out.println("AggregatedPublisherTest: -Dleat.test.seed=" + SEED);
        try (Fixture on = aggregating(format, 1_024, OptionalInt.empty(), LONG)) {
            on.stream.faults(Faults.none().seed(SEED).losingAnswers(0.4));
            List<StreamRecord> claim = Fixture.claim(40, 60);

            Fixture.allDelivered(publishAll(on, claim));

            assertThat(on.firstArrivalsAreInOrder(claim)).isPositive();
        }
    }

    @Test
    void throttlingIsWaitedOut() {
        try (Fixture on = aggregating(Aggregation.Format.KPL)) {
            on.stream.faults(Faults.none().throttlingUntil(Instant.now().plusMillis(700)));
            List<StreamRecord> claim = Fixture.claim(50, 3);

            Fixture.allDelivered(publishAll(on, claim));

            assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        }
    }

    @Test
    void anEventThatIsTooLargeIsQuarantinedWhenItsTurnComesAndOtherKeysOfItsLaneGoOn() {
        List<String> keys = keysOfOneLane(3);
        List<StreamRecord> claim = List.of(
                Records.record(1, keys.get(0)),
                Records.record(2, keys.get(0), Records.STREAM, 1_200_000, false),
                Records.record(3, keys.get(1), Records.STREAM, 1_200_000, true),
                Records.record(4, keys.get(0)),
                Records.record(5, keys.get(1)),
                Records.record(6, keys.get(2)),
                Records.record(7, keys.get(2)));
        try (Fixture on = aggregating(Aggregation.Format.KPL)) {
            List<Outcome> outcomes = on.publish(claim, Fixture.within(LONG));

            assertThat(outcomes.get(0)).isInstanceOf(Outcome.Delivered.class);
            assertThat(outcomes.get(1)).isInstanceOf(Outcome.Quarantined.class);
            assertThat(outcomes.get(2)).isInstanceOf(Outcome.Quarantined.class);
            assertThat(outcomes.get(3))
                    .isEqualTo(new Outcome.Waiting(claim.get(3).event(), 2));
            Fixture.allDelivered(outcomes.subList(4, 7));
            assertThat(on.stream.recordCount(Records.STREAM)).isEqualTo(2);
        }
    }

    @Test
    void whatTheStreamRefusesIsHalvedDownToTheCulpritHoweverShortTheSlice() {
        List<String> keys = keysOfOneLane(100);
        // The stream takes 1 MiB, and the publisher has been told that it takes more.
        try (Fixture on = aggregating(Aggregation.Format.KPL, 4 << 20, OptionalInt.of(4 << 20), Duration.ZERO)) {
            List<StreamRecord> claim = new ArrayList<>();
            IntStream.range(0, 100).forEach(n -> claim.add(Records.record(n, keys.get(n))));
            claim.set(37, Records.record(37, keys.get(37), Records.STREAM, 1_200_000, false));

            List<Outcome> outcomes = publishAll(on, claim);

            Outcome culprit = outcomes.stream()
                    .filter(outcome -> outcome.event().id() == 37)
                    .findFirst()
                    .orElseThrow();
            assertThat(culprit).isInstanceOf(Outcome.Quarantined.class);
            outcomes.remove(culprit);
            assertThat(outcomes).hasSize(99);
            Fixture.allDelivered(outcomes);
            claim.remove(37);
            assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
        }
    }

    @Test
    void anEventThatFitsOnlyByItselfGoesAsARecordOfItsOwn() {
        String key = "k";
        try (Fixture on = aggregating(Aggregation.Format.KPL)) {
            List<StreamRecord> claim = List.of(
                    Records.record(1, key),
                    Records.record(2, key, Records.STREAM, (1 << 20) - 1, false),
                    Records.record(3, key),
                    Records.record(4, key));

            Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

            assertThat(on.firstArrivalsAreInOrder(claim)).isZero();
            assertThat(on.stream.records(Records.STREAM).stream().map(KeptRecord::partitionKey))
                    .containsExactly(key, key, "lane-" + Records.laneOf(key));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"KPL", "LINES"})
    void aTruncateMarkerStaysBetweenWhatCameBeforeAndAfter(Aggregation.Format format) {
        String key = "key-0";
        int lane = Records.laneOf(key);
        List<StreamRecord> claim = List.of(
                Records.record(1, key), Records.record(2, key), Records.truncate(3, lane), Records.record(4, key));
        try (Fixture on = aggregating(format)) {
            Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

            List<Long> ids = new ArrayList<>();
            on.stream
                    .records(Records.STREAM)
                    .forEach(kept -> Unpacker.unpack(kept.data()).forEach(event -> ids.add(Sent.id(event))));
            assertThat(ids).containsExactly(1L, 2L, 3L, 4L);
        }
    }

    @Test
    void atTheDeadlineWhatIsNotDeliveredIsForLater() {
        try (Fixture on = aggregating(Aggregation.Format.KPL)) {
            assertThat(on.publish(Fixture.claim(10, 5), Fixture.within(Duration.ofMillis(-1))))
                    .hasSize(50)
                    .hasOnlyElementsOfType(Outcome.TryLater.class);
            assertThat(on.stream.recordCount(Records.STREAM)).isZero();
        }
    }

    private static List<String> keysOfOneLane(int count) {
        return IntStream.range(0, 100_000)
                .mapToObj(n -> "k" + n)
                .filter(key -> Records.laneOf(key) == 11)
                .limit(count)
                .toList();
    }
}
