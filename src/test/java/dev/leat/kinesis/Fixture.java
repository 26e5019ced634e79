package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.RequestFailure;
import dev.leat.consume.Unpacker;
import dev.leat.localstream.KeptRecord;
import dev.leat.localstream.LocalStream;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** A publisher on the real SDK and a local stream, with a listener that records what it is told. */
final class Fixture implements AutoCloseable {

    static final PublishSettings.RetryDelays QUICK =
            new PublishSettings.RetryDelays(Duration.ofMillis(5), Duration.ofMillis(80), 0.5);

    final LocalStream stream = LocalStream.start();
    final KinesisClient client;
    final KinesisPublisher publisher;
    final Heard heard = new Heard();

    Fixture(PublishSettings settings) {
        this(settings, System::nanoTime);
    }

    /**
     * @param clock the publisher's, from which it measures backoffs. One that stands still shows each delay in full, however slow the
     *     machine is; with it, a claim must not have to wait
     */
    Fixture(PublishSettings settings, LongSupplier clock) {
        this.client = KinesisClients.prepare(
                        KinesisClient.builder()
                                .endpointOverride(stream.endpoint())
                                .region(Region.US_EAST_1)
                                .credentialsProvider(
                                        StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"))),
                        settings,
                        4)
                .build();
        this.publisher = new KinesisPublisher(client, settings, heard, clock, new Random(1)::nextDouble);
        stream.createStream(Records.STREAM, 4);
    }

    static PublishSettings settings(Duration requestTimeout, Duration patience) {
        return new PublishSettings(
                PollerSettings.builder().build(),
                PublishSettings.RequestLimits.ofTheService(),
                requestTimeout,
                Duration.ofMinutes(5),
                patience,
                QUICK);
    }

    /** Publishes a claim; returns what became of its records. */
    List<Outcome> publish(List<StreamRecord> claim, Deadline deadline) {
        return publisher.publish(claim, deadline).outcomes();
    }

    static Deadline within(Duration duration) {
        return Deadline.in(duration, System::nanoTime);
    }

    /** Events of a claim: for each key as many as given, their ids interleaved. */
    static List<StreamRecord> claim(int keys, int each) {
        List<StreamRecord> records = new ArrayList<>();
        for (int n = 0; n < each; n++) {
            for (int key = 0; key < keys; key++) {
                records.add(Records.record(1L + n * keys + key, "key-" + key));
            }
        }
        return records;
    }

    /** Per key, the first arrivals of its events are all of its events, in order. Returns how many arrivals were repeats. */
    int firstArrivalsAreInOrder(List<StreamRecord> published) {
        Map<String, List<Long>> arrived = new HashMap<>();
        int repeats = 0;
        for (KeptRecord kept : stream.records(Records.STREAM)) {
            for (byte[] event : Unpacker.unpack(kept.data())) {
                String[] text = new String(event, StandardCharsets.UTF_8).split("\\|", 3);
                List<Long> ids = arrived.computeIfAbsent(text[0], key -> new ArrayList<>());
                long id = Long.parseLong(text[1]);
                if (ids.contains(id)) {
                    repeats++;
                } else {
                    ids.add(id);
                }
            }
        }
        Map<String, List<Long>> expected = new HashMap<>();
        for (StreamRecord record : published) {
            expected.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                    .add(record.event().id());
        }
        assertThat(arrived).isEqualTo(expected);
        return repeats;
    }

    static void allDelivered(List<Outcome> outcomes) {
        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Outcome.Delivered.class));
    }

    @Override
    public void close() {
        publisher.close();
        client.close();
        stream.close();
    }

    /** What a listener heard. */
    static final class Heard implements PollerListener {

        final List<String> retries = new CopyOnWriteArrayList<>();
        final List<Duration> delays = new CopyOnWriteArrayList<>();
        final List<String> notices = new CopyOnWriteArrayList<>();
        final List<Long> outOfSequence = new CopyOnWriteArrayList<>();
        final Set<String> shards = ConcurrentHashMap.newKeySet();

        @Override
        public void retrying(String stream, RequestFailure failure, int entries, Duration pause) {
            retries.add(failure.code());
            delays.add(pause);
        }

        @Override
        public void shardUsed(String stream, String shardId, int records, long bytes, int refused) {
            shards.add(shardId);
        }

        @Override
        public void notice(String text) {
            notices.add(text);
        }

        @Override
        public void outOfSequence(Event event, String shardId, String sequenceNumber) {
            outOfSequence.add(event.id());
        }
    }
}
