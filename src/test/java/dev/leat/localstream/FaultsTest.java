package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class FaultsTest {

    private static final String EXCEEDED = "ProvisionedThroughputExceededException";
    private static final Duration SOON = Duration.ofSeconds(10);

    private final long seed = Long.getLong("leat.test.seed", System.nanoTime());
    private final ManualClock clock = new ManualClock();
    private final LocalStream stream =
            LocalStream.start(0, LocalStreamOptions.defaults().withClock(clock));
    private final KinesisClient client = Clients.of(stream.endpoint());

    @BeforeEach
    void create() {
        System.out.println("FaultsTest: -Dleat.test.seed=" + seed);
        stream.createStream("s", 2);
    }

    @AfterEach
    void stop() {
        client.close();
        stream.close();
    }

    @Test
    void aShareOfTheEntriesFailsAndTheOthersArrive() {
        stream.faults(Faults.none().failingEntries(0.10).seed(seed));
        int failed = 0;
        List<String> accepted = new ArrayList<>();
        for (int request = 0; request < 20; request++) {
            List<PutRecordsRequestEntry> entries = Clients.entries(request + "-", 500);
            PutRecordsResponse answer = putAll(entries);
            int inAnswer = 0;
            for (int i = 0; i < 500; i++) {
                if (answer.records().get(i).errorCode() == null) {
                    accepted.add(entries.get(i).partitionKey());
                } else {
                    assertThat(answer.records().get(i).errorCode()).isEqualTo(EXCEEDED);
                    assertThat(answer.records().get(i).sequenceNumber()).isNull();
                    inAnswer++;
                }
            }
            assertThat(answer.failedRecordCount()).isEqualTo(inAnswer);
            failed += inAnswer;
        }
        // Six standard deviations around 1,000 of 10,000.
        assertThat(failed).as("seed %s", seed).isBetween(820, 1_180);
        assertThat(stream.faultsInjected()).isEqualTo(failed);
        assertThat(stream.records("s")).extracting(KeptRecord::partitionKey).containsExactlyElementsOf(accepted);
    }

    @Test
    void theSameSeedMeansTheSameFaults() {
        List<List<Integer>> runs = new ArrayList<>();
        for (long each : List.of(seed, seed, seed + 1)) {
            stream.faults(Faults.none().failingEntries(0.3, "InternalFailure").seed(each));
            PutRecordsResponse answer = putAll(Clients.entries("k", 200));
            runs.add(IntStream.range(0, 200)
                    .filter(i ->
                            "InternalFailure".equals(answer.records().get(i).errorCode()))
                    .boxed()
                    .toList());
        }
        assertThat(runs.get(0)).isNotEmpty().isEqualTo(runs.get(1)).isNotEqualTo(runs.get(2));
    }

    @Test
    void everyRequestIsThrottledWhileTheSwitchIsOn() {
        stream.faults(Faults.none().throttling());
        for (int i = 0; i < 5; i++) {
            assertThat(errorCode(this::put)).isEqualTo(EXCEEDED);
        }
        assertThat(stream.recordCount("s")).isZero();
        stream.faults(Faults.none());
        put();
        assertThat(stream.recordCount("s")).isEqualTo(1);
    }

    @Test
    void everyRequestIsThrottledUntilTheTimeGiven() {
        stream.faults(Faults.none().throttlingUntil(clock.instant().plusSeconds(30)));
        clock.advance(Duration.ofMillis(29_999));
        assertThat(errorCode(this::put)).isEqualTo(EXCEEDED);
        clock.advance(Duration.ofMillis(1));
        assertThat(errorCode(this::put)).isEqualTo("none");
    }

    @Test
    void aFailingRequestIsAServerErrorAndNothingIsApplied() {
        stream.faults(Faults.none().failingRequests(1));
        assertThatThrownBy(this::put).isInstanceOfSatisfying(KinesisException.class, e -> {
            assertThat(e.statusCode()).isEqualTo(500);
            assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InternalFailure");
        });
        assertThat(stream.recordCount("s")).isZero();
    }

    @Test
    void aLostAnswerBelongsToARequestThatWasApplied() {
        stream.faults(Faults.none().losingAnswers(1));
        assertThatThrownBy(this::put).isInstanceOf(SdkClientException.class);
        assertThat(stream.recordCount("s")).isEqualTo(1);
    }

    @Test
    void anAnswerThatLiesIsWrongAboutItsNumbersAlone() {
        stream.faults(Faults.none().wrongCounts(1).failingEntries(0.2).seed(seed));
        Map<Integer, Integer> answersBySize = new TreeMap<>();
        int wrongCounts = 0;
        for (int request = 0; request < 60; request++) {
            PutRecordsResponse answer = putAll(Clients.entries(request + "-", 10));
            long failed = answer.records().stream()
                    .filter(entry -> entry.errorCode() != null)
                    .count();
            answersBySize.merge(answer.records().size(), 1, Integer::sum);
            if (answer.records().size() == 10) {
                assertThat(answer.failedRecordCount()).isNotEqualTo((int) failed);
                wrongCounts++;
            }
        }
        assertThat(answersBySize).as("seed %s", seed).containsOnlyKeys(9, 10, 11);
        assertThat(wrongCounts).isPositive();
        assertThat(stream.requestCount("PutRecords")).isEqualTo(60);
        assertThat(stream.recordCount("s")).isBetween(300L, 599L);
    }

    @Test
    void aResetConnectionBelongsToARequestThatWasNotApplied() {
        stream.faults(Faults.none().resettingConnections(1));
        assertThatThrownBy(this::put).isInstanceOf(SdkClientException.class);
        assertThatThrownBy(() -> putAll(Clients.entries("k".repeat(200), 500))).isInstanceOf(SdkClientException.class);
        stream.faults(Faults.none());
        assertThat(stream.recordCount("s")).isZero();
        put();
    }

    @Test
    void aRequestThatHangsBeforeItIsAppliedMayLandAfterItsRetry() {
        stream.faults(Faults.none().hangingBeforeApplying(1));
        CompletableFuture<PutRecordsResponse> hanging =
                CompletableFuture.supplyAsync(() -> putAll(List.of(Clients.entry("k", "first"))));
        Await.until("the request to hang", SOON, () -> stream.faultsInjected() == 1);
        assertThat(stream.recordCount("s")).isZero();
        assertThat(hanging).isNotDone();
        stream.faults(Faults.none());
        assertThat(hanging).succeedsWithin(SOON);
        assertThat(stream.recordCount("s")).isEqualTo(1);
    }

    @Test
    void aRequestMayHangAfterItWasApplied() {
        stream.faults(Faults.none().hangingAfterApplying(1));
        CompletableFuture<PutRecordsResponse> hanging =
                CompletableFuture.supplyAsync(() -> putAll(List.of(Clients.entry("k", "first"))));
        Await.until("the record to arrive", SOON, () -> stream.recordCount("s") == 1);
        Await.until("the request to hang", SOON, () -> stream.faultsInjected() == 1);
        assertThat(hanging).isNotDone();
        stream.faults(Faults.none());
        assertThat(hanging).succeedsWithin(SOON);
    }

    @Test
    void aRequestIsDelayed() {
        stream.faults(Faults.none()
                .delaying(Duration.ofMillis(60), Duration.ofMillis(90))
                .seed(seed));
        long begun = System.nanoTime();
        put();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(60));
        stream.faults(Faults.none().delaying(Duration.ofHours(1)));
        CompletableFuture<PutRecordsResponse> delayed =
                CompletableFuture.supplyAsync(() -> putAll(List.of(Clients.entry("k", "late"))));
        Await.until("the request to be delayed", SOON, () -> stream.faultsInjected() == 2);
        stream.faults(Faults.none());
        assertThat(delayed).succeedsWithin(SOON);
    }

    @Test
    void entriesAreAppliedInRandomOrderAndAnsweredInTheirOwn() {
        stream.faults(Faults.none().shufflingEntries().seed(seed));
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            entries.add(Clients.entry("one key", Integer.toString(i)));
        }
        PutRecordsResponse answer = putAll(entries);
        List<String> arrived = stream.records("s").stream()
                .map(r -> new String(r.data(), StandardCharsets.UTF_8))
                .toList();
        List<String> sent = entries.stream().map(e -> e.data().asUtf8String()).toList();
        assertThat(arrived).as("seed %s", seed).isNotEqualTo(sent).containsExactlyInAnyOrderElementsOf(sent);
        for (KeptRecord kept : stream.records("s")) {
            int index = Integer.parseInt(new String(kept.data(), StandardCharsets.UTF_8));
            assertThat(answer.records().get(index).sequenceNumber()).isEqualTo(kept.sequenceNumber());
        }
    }

    @Test
    void readersMeetFaultsOnlyWhereTheyAreNamed() {
        stream.faults(Faults.none().failingRequests(1));
        String iterator = Clients.iterator(client, "s", "shardId-000000000000", ShardIteratorType.LATEST);
        client.getRecords(b -> b.shardIterator(iterator));
        stream.faults(Faults.none().failingRequests(1).on("GetRecords"));
        put();
        assertThat(errorCode(() -> client.getRecords(b -> b.shardIterator(iterator))))
                .isEqualTo("InternalFailure");
    }

    @Test
    void closingLetsGoOfWhoeverHangs() {
        LocalStream other = LocalStream.start();
        other.createStream("s", 1);
        other.faults(Faults.none().hangingBeforeApplying(1));
        try (KinesisClient toOther = Clients.of(other.endpoint())) {
            CompletableFuture<String> hanging = CompletableFuture.supplyAsync(() ->
                    errorCode(() -> toOther.putRecords(b -> b.streamName("s").records(Clients.entry("k", "x")))));
            Await.until("the request to hang", SOON, () -> other.faultsInjected() == 1);
            other.close();
            Await.until("the request to end", SOON, hanging::isDone);
        }
    }

    @Test
    void aShareIsNoMoreThanOne() {
        assertThatThrownBy(() -> Faults.none().failingEntries(1.1)).hasMessageContaining("1.1");
        assertThatThrownBy(() -> Faults.none().losingAnswers(-0.1)).hasMessageContaining("-0.1");
        assertThatThrownBy(() -> Faults.none().delaying(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .hasMessageContaining("PT2S");
    }

    private void put() {
        putAll(List.of(Clients.entry("key", "value")));
    }

    private PutRecordsResponse putAll(List<PutRecordsRequestEntry> entries) {
        return client.putRecords(b -> b.streamName("s").records(entries));
    }
}
