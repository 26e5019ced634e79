package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.localstream.LocalStream;
import dev.leat.pipeline.StreamRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;

/** The bodies that Leat encodes must equal those of the SDK. */
class PutRecordsCborTest {

    @AutoClose
    private final LocalStream stream = LocalStream.start();

    /** Keeps the bodies of PutRecords as they are sent. */
    private static final class Wiretap implements ExecutionInterceptor {

        private final List<byte[]> bodies = new ArrayList<>();

        @Override
        public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
            if (context.request() instanceof PutRecordsRequest) {
                try (InputStream body = context.requestBody()
                        .orElseThrow()
                        .contentStreamProvider()
                        .newStream()) {
                    bodies.add(body.readAllBytes());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @Test
    void aBodyIsTheSdksByteForByte() {
        stream.createStream(Records.STREAM, 4);
        List<StreamRecord> records = new ArrayList<>();
        for (int bytes : new int[] {23, 24, 255, 256, 4_000, 16_000, 65_535, 65_536, 300_000}) {
            records.add(Records.record(records.size(), "key-" + bytes, Records.STREAM, bytes, false));
        }
        for (String key :
                List.of("k", "k".repeat(23), "k".repeat(24), "k".repeat(255), "ü".repeat(12), "🔑".repeat(256))) {
            records.add(Records.record(records.size(), key));
        }
        records.add(Records.truncate(records.size(), 17));

        Request request = Objects.requireNonNull(
                new Schedulers().of(records, new PollerListener() {}).next(0));
        List<byte[]> theSdks = bodies(records);

        assertThat(theSdks).hasSize(1);
        assertThat(PutRecordsCbor.encode(request)).isEqualTo(theSdks.get(0));
    }

    private List<byte[]> bodies(List<StreamRecord> records) {
        Wiretap wiretap = new Wiretap();
        KinesisClientBuilder builder = KinesisClient.builder()
                .endpointOverride(stream.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .overrideConfiguration(override -> override.addExecutionInterceptor(wiretap));
        try (KinesisClient client = builder.build();
                KinesisPublisher publisher = new KinesisPublisher(
                        client, settings(), new PollerListener() {}, System::nanoTime, () -> 0.5)) {
            assertThat(publisher
                            .publish(records, Fixture.within(Duration.ofSeconds(30)))
                            .outcomes())
                    .hasSize(records.size())
                    .allMatch(Outcome.Delivered.class::isInstance);
        }
        return wiretap.bodies;
    }

    private static PublishSettings settings() {
        return Fixture.settings(Duration.ofSeconds(10), Duration.ofSeconds(1));
    }
}
