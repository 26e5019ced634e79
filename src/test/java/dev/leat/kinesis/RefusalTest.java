package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.PollerSettings;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.kinesis.model.UpdateMaxRecordSizeRequest;

@Timeout(60)
final class RefusalTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final Fixture on = new Fixture(Fixture.settings(Duration.ofSeconds(20), LONG));

    @AfterEach
    void close() {
        on.close();
    }

    @Test
    void aRecordThatIsTooLargeIsQuarantinedAndItsKeyWaitsBehindIt() {
        List<StreamRecord> claim = List.of(
                Records.record(1, "a"),
                Records.record(2, "a", Records.STREAM, 1_200_000, false),
                Records.record(3, "b", Records.STREAM, 1_200_000, true),
                Records.record(4, "a"),
                Records.record(5, "b"));

        List<Outcome> outcomes = on.publish(claim, Fixture.within(LONG));

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

        Fixture.allDelivered(
                on.publish(List.of(Records.record(1, "a", Records.STREAM, 1_200_000, false)), Fixture.within(LONG)));
    }

    @Test
    void aRecordThatOnlyTheStreamFindsTooLargeIsSingledOutHoweverShortTheSlice() {
        var set = new PublishSettings(
                PollerSettings.builder().maxRecordSize(10 << 20).build(),
                PublishSettings.RequestLimits.ofTheService(),
                Duration.ofSeconds(5),
                Duration.ZERO,
                LONG,
                Fixture.QUICK);
        try (Fixture trusting = new Fixture(set)) {
            List<StreamRecord> claim = new ArrayList<>(Fixture.claim(200, 1));
            claim.add(37, Records.record(1_000, "culprit", Records.STREAM, 1_200_000, false));

            List<Outcome> outcomes = trusting.publish(claim, Fixture.within(LONG));

            assertThat(outcomes.remove(37)).isInstanceOf(Outcome.Quarantined.class);
            Fixture.allDelivered(outcomes);
        }
    }

    @Test
    void aStreamThatIsMissingHoldsUpItsOwnEventsAlone() {
        List<StreamRecord> claim = new ArrayList<>(Fixture.claim(20, 2));
        claim.add(Records.record(1_000, "elsewhere", "missing", 10, false));

        List<Outcome> outcomes = on.publish(claim, Fixture.within(LONG));

        assertThat(outcomes.remove(40))
                .isInstanceOfSatisfying(
                        Outcome.TryLater.class,
                        later -> assertThat(later.reason()).contains("ResourceNotFoundException"));
        Fixture.allDelivered(outcomes);
        assertThat(on.heard.retries).containsOnly("ResourceNotFoundException");
    }

    @Test
    void whenNothingCanBeDeliveredTheAnswerSaysWhenToTryAgainAndTheNextClaimDoesNotSendSooner() {
        List<StreamRecord> claim = List.of(Records.record(1, "elsewhere", "missing", 10, false));
        var patient = new PublishSettings.RetryDelays(Duration.ofSeconds(5), Duration.ofSeconds(5), 0);
        var impatient = new PublishSettings(
                PollerSettings.builder().build(),
                PublishSettings.RequestLimits.ofTheService(),
                Duration.ofSeconds(5),
                LONG,
                Duration.ofMillis(10),
                patient);
        try (Fixture calm = new Fixture(impatient)) {
            Publisher.Published published = calm.publisher.publish(claim, Fixture.within(LONG));
            assertThat(published.backingOff().streams()).containsExactly("missing");
            assertThat(published.retryAfter()).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(5));

            List<Outcome> again = calm.publish(claim, Fixture.within(LONG));

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

        Fixture.allDelivered(on.publish(claim, Fixture.within(LONG)));

        assertThat(on.stream.recordCount(Records.STREAM)).isEqualTo(20);
        assertThat(on.stream.recordCount("other")).isEqualTo(10);
    }

    @Test
    void aMissingEndpointIsATransientFailureAndNoEventIsTheCause() {
        on.stream.close();

        List<Outcome> outcomes = on.publish(Fixture.claim(5, 1), Fixture.within(Duration.ofMillis(600)));

        assertThat(outcomes).hasOnlyElementsOfType(Outcome.TryLater.class);
        assertThat(on.heard.retries).isNotEmpty();
    }
}
