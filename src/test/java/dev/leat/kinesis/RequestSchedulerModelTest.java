package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Aggregation;
import dev.leat.Operation;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.pipeline.StreamRecord;
import dev.leat.testkit.Extent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random claims against a random simulated service with a simulated clock. A checker sees only the requests of the scheduler and its
 * outcomes.
 */
final class RequestSchedulerModelTest {

    private static final int ROUNDS = Integer.getInteger("leat.test.rounds", Extent.of(150, 2_000));
    private static final int MAX_RECORDS = 7;
    private static final int LARGEST = RandomClaim.LARGEST;
    private static final int POISON = RandomClaim.POISON;

    @ParameterizedTest
    @EnumSource
    void everyScheduleKeepsOrderLimitsAndBarriers(Aggregation.Format format) {
        long seed = Long.getLong("leat.test.seed", System.nanoTime());
        // What is aggregated is read back from its bytes, which takes longer.
        int rounds = format == Aggregation.Format.NONE ? ROUNDS : ROUNDS / 5;
        System.out.println("RequestSchedulerModelTest: " + format + " -Dleat.test.seed=" + seed + " rounds=" + rounds);
        int sends = 0;
        int aggregates = 0;
        for (int round = 0; round < rounds; round++) {
            Round one = new Round(new Random(seed + round), format, "seed " + (seed + round) + ": ");
            one.run();
            sends += one.sends.size();
            aggregates += one.aggregates;
        }
        assertThat(sends).isGreaterThan(rounds);
        assertThat(aggregates > 0).isEqualTo(format != Aggregation.Format.NONE);
    }

    /**
     * @param before the events that stand before it in its record
     */
    private record Send(StreamRecord record, int step, List<StreamRecord> before) {}

    private static final class Round {
        final Random random;
        final String label;
        final List<StreamRecord> records;
        final Map<StreamRecord, Integer> acked = new HashMap<>();
        final Map<StreamRecord, Long> failedAt = new HashMap<>();
        final List<Send> sends = new ArrayList<>();
        final Set<String> keysInFlight = new HashSet<>();
        final List<Request> inFlight = new ArrayList<>();
        final RequestScheduler scheduler;
        final double entryFailures;
        final double requestFailures;
        final boolean streamMayFault;
        final boolean cut;
        final boolean poisonSpoilsItsEntryAlone;
        final Aggregation aggregation;
        int aggregates;
        boolean faulted;
        int step;
        long now;
        long sequence;

        Round(Random random, Aggregation.Format format, String label) {
            this.random = random;
            this.label = label;
            this.records = RandomClaim.of(random);
            this.entryFailures = random.nextInt(4) * 0.2;
            this.requestFailures = random.nextInt(3) * 0.2;
            this.streamMayFault = random.nextInt(10) == 0;
            this.cut = random.nextInt(5) == 0;
            this.poisonSpoilsItsEntryAlone = random.nextBoolean();
            this.aggregation = aggregation(random, format);
            var settings = new PublishSettings.RetryDelays(Duration.ofMillis(50), Duration.ofSeconds(2), 0.5);
            this.scheduler = new Schedulers(new Backoff.Policy(settings, random::nextDouble))
                    .of(
                            records,
                            new PublishSettings.RequestLimits(MAX_RECORDS, 2 << 20),
                            new RecordLimits(1 << 20, stream -> LARGEST, aggregation),
                            new PollerListener() {});
        }

        /** The other stream may have one event in a record, so that keys with events for both streams have both kinds of entries. */
        private static Aggregation aggregation(Random random, Aggregation.Format format) {
            Aggregation.Format other = random.nextBoolean() ? format : Aggregation.Format.NONE;
            int bytes = random.nextBoolean() ? 2 << 20 : 1024 + random.nextInt(20_000);
            return new Aggregation(other, Map.of(Records.STREAM, format), bytes);
        }

        void run() {
            while (step < 20_000) {
                step++;
                if (cut && random.nextInt(60) == 0) {
                    break;
                }
                Request request = inFlight.size() < 4 ? scheduler.next(now) : null;
                if (request != null) {
                    send(request);
                } else if (!inFlight.isEmpty()) {
                    now += random.nextInt(20_000_000);
                    complete(inFlight.remove(random.nextInt(inFlight.size())));
                } else if (scheduler.wakeAt() == Long.MAX_VALUE) {
                    break;
                } else {
                    assertThat(scheduler.wakeAt())
                            .as(label + "wakes in the future")
                            .isGreaterThan(now);
                    now = scheduler.wakeAt();
                }
            }
            assertThat(step).as(label + "ends").isLessThan(20_000);
            check(scheduler.outcomes("later"));
        }

        void send(Request request) {
            int bytes = 0;
            assertThat(request.size()).as(label).isBetween(1, MAX_RECORDS);
            List<List<StreamRecord>> entries = Sent.records(request, records);
            for (int n = 0; n < request.size(); n++) {
                checkEntry(request.entry(n), entries.get(n), aggregation.of(request.stream()));
                Set<String> keys = new HashSet<>();
                for (StreamRecord record : entries.get(n)) {
                    assertThat(record.stream()).as(label).isEqualTo(request.stream());
                    keys.add(record.partitionKey());
                    assertThat(acked)
                            .as(label + "not sent again once acknowledged")
                            .doesNotContainKey(record);
                    assertThat(now - failedAt.getOrDefault(record, Long.MIN_VALUE / 2))
                            .as(label + "backs off after it was throttled")
                            .isGreaterThanOrEqualTo(Duration.ofMillis(25).toNanos());
                    sends.add(new Send(
                            record,
                            step,
                            entries.get(n).subList(0, entries.get(n).indexOf(record))));
                }
                for (String key : keys) {
                    assertThat(keysInFlight.add(key))
                            .as(label + "one record of a key in flight")
                            .isTrue();
                }
                bytes += (int) request.entry(n).bytes();
            }
            assertThat(bytes).as(label).isLessThanOrEqualTo(2 << 20);
            inFlight.add(request);
        }

        void checkEntry(RequestEntry entry, List<StreamRecord> events, Aggregation.Format format) {
            assertThat(entry.events()).as(label).isEqualTo(events.size()).isPositive();
            assertThat(entry.bytes())
                    .as(label)
                    .isEqualTo((long) entry.data().length + entry.partitionKey().length());
            String slot = RequestEntry.LaneKey.of(events.get(0).event().lane()).hashKey();
            if (format != Aggregation.Format.NONE) {
                assertThat(entry.explicitHashKey()).as(label).isEqualTo(slot);
            } else {
                assertThat(events).as(label).hasSize(1);
                assertThat(entry.explicitHashKey()).as(label).isEqualTo(isTruncate(events.get(0)) ? slot : null);
            }
            if (events.size() > 1) {
                aggregates++;
                assertThat(entry.bytes()).as(label).isLessThanOrEqualTo(Math.min(aggregation.recordBytes(), 1 << 20));
                assertThat(events.stream().map(record -> record.event().lane()).distinct())
                        .as(label)
                        .hasSize(1);
            }
        }

        void complete(Request request) {
            List<List<StreamRecord>> entries = Sent.records(request, records);
            List<StreamRecord> sent = entries.stream().flatMap(List::stream).toList();
            sent.forEach(record -> keysInFlight.remove(record.partitionKey()));
            if (!poisonSpoilsItsEntryAlone && sent.stream().anyMatch(Round::isPoison)) {
                faulted |= sent.size() == 1 && !request.origin().state().hasAccepted();
                scheduler.failed(request, failure(Failure.Kind.REFUSED), now);
            } else if (streamMayFault && random.nextInt(10) == 0) {
                faulted = true;
                scheduler.failed(request, failure(Failure.Kind.STREAM_AT_FAULT), now);
            } else if (random.nextInt(50) == 0) {
                scheduler.notSent(request);
            } else if (random.nextDouble() < requestFailures) {
                Failure.Kind kind = random.nextBoolean() ? Failure.Kind.THROTTLED : Failure.Kind.TRANSIENT;
                // The first retry after a transient failure has no delay.
                if (kind == Failure.Kind.THROTTLED
                        && !request.origin().state().backoff().failing()) {
                    sent.forEach(record -> failedAt.put(record, now));
                }
                scheduler.failed(request, failure(kind), now);
            } else {
                scheduler.answered(request, answer(entries, request.origin().state()), now);
            }
        }

        static Failure failure(Failure.Kind kind) {
            return new Failure(kind, kind.name(), null);
        }

        List<PutRecordsClient.EntryResult> answer(List<List<StreamRecord>> entries, StreamState state) {
            List<String> codes = new ArrayList<>();
            for (List<StreamRecord> entry : entries) {
                boolean fails = random.nextDouble() < entryFailures;
                if (poisonSpoilsItsEntryAlone && entry.stream().anyMatch(Round::isPoison)) {
                    codes.add("InvalidArgumentException");
                } else if (fails) {
                    boolean throttled = random.nextBoolean();
                    codes.add(throttled ? "ProvisionedThroughputExceededException" : "InternalFailure");
                    if (throttled
                            && !state.laneBackoff(entry.get(0).event().lane()).failing()) {
                        entry.forEach(record -> failedAt.put(record, now));
                    }
                } else {
                    codes.add("");
                    entry.forEach(record -> acked.put(record, step));
                }
            }
            return ScriptedResults.of(codes, ++sequence);
        }

        static boolean isPoison(StreamRecord record) {
            return record.data().length == POISON;
        }

        void check(List<Outcome> outcomes) {
            assertThat(outcomes).as(label).hasSameSizeAs(records);
            Map<StreamRecord, Outcome> of = new HashMap<>();
            Map<String, Outcome> lastOfKey = new HashMap<>();
            for (int i = 0; i < records.size(); i++) {
                StreamRecord record = records.get(i);
                Outcome outcome = outcomes.get(i);
                assertThat(outcome.event()).as(label).isSameAs(record.event());
                assertThat(outcome instanceof Outcome.Delivered).as(label).isEqualTo(acked.containsKey(record));
                of.put(record, outcome);
                checkFollows(lastOfKey.put(record.partitionKey(), outcome), outcome);
                checkOutcome(record, outcome);
            }
            sends.forEach(send -> checkSend(send, of));
        }

        void checkFollows(@Nullable Outcome before, Outcome outcome) {
            if (before instanceof Outcome.TryLater) {
                assertThat(outcome).as(label).isInstanceOf(Outcome.TryLater.class);
            } else if (before instanceof Outcome.Waiting waiting) {
                assertThat(outcome).as(label).isEqualTo(new Outcome.Waiting(outcome.event(), waiting.behind()));
            } else if (before instanceof Outcome.Quarantined && !before.event().mayPass()) {
                assertThat(outcome)
                        .as(label)
                        .isEqualTo(new Outcome.Waiting(
                                outcome.event(), before.event().id()));
            } else {
                assertThat(outcome).as(label).isNotInstanceOf(Outcome.Waiting.class);
            }
        }

        void checkOutcome(StreamRecord record, Outcome outcome) {
            boolean tooLarge = record.data().length + record.partitionKey().length() > LARGEST;
            boolean poison = isPoison(record);
            if (outcome instanceof Outcome.Quarantined) {
                assertThat(tooLarge || poison)
                        .as(label + "sound records are not quarantined")
                        .isTrue();
            } else if (outcome instanceof Outcome.TryLater) {
                assertThat(cut || faulted).as(label + "nothing is left undone").isTrue();
            } else if (outcome instanceof Outcome.Delivered) {
                assertThat(tooLarge || poison).as(label).isFalse();
            }
        }

        /** Everything that had to come before it was decided before it was sent. */
        void checkSend(Send send, Map<StreamRecord, Outcome> of) {
            StreamRecord record = send.record();
            for (StreamRecord other : records) {
                boolean sameKey = other.partitionKey().equals(record.partitionKey());
                boolean sameLane = other.event().lane() == record.event().lane();
                boolean barrier = isTruncate(record) || isTruncate(other);
                if (other.event().id() < record.event().id() && (sameKey || sameLane && barrier)) {
                    Outcome outcome = of.get(other);
                    boolean decided = outcome instanceof Outcome.Delivered
                            ? acked.getOrDefault(other, Integer.MAX_VALUE) < send.step()
                            : outcome instanceof Outcome.Quarantined
                                    || (!sameKey && outcome instanceof Outcome.Waiting);
                    boolean beforeItInItsRecord = !barrier && send.before().contains(other);
                    assertThat(decided || beforeItInItsRecord)
                            .as(
                                    label + "%s before %s",
                                    other.event().id(),
                                    record.event().id())
                            .isTrue();
                }
            }
        }

        static boolean isTruncate(StreamRecord record) {
            return record.event().operation() == Operation.TRUNCATE;
        }
    }
}
