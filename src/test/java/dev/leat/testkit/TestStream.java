package dev.leat.testkit;

import dev.leat.kinesis.KinesisClients;
import dev.leat.kinesis.PublishSettings;
import dev.leat.localstream.LocalStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** A local stream named {@value #NAME} and a real client for it. */
public final class TestStream implements AutoCloseable {

    public static final String NAME = "changes";

    private final LocalStream local;
    private final KinesisClient client;

    public TestStream(int shards) {
        local = LocalStream.start();
        local.createStream(NAME, shards);
        client = KinesisClients.prepare(
                        KinesisClient.builder()
                                .endpointOverride(local.endpoint())
                                .region(Region.of(local.region()))
                                .credentialsProvider(
                                        StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"))),
                        PublishSettings.defaults(),
                        4)
                .build();
    }

    /** For faults, and for looking at what has arrived. */
    public LocalStream local() {
        return local;
    }

    public KinesisClient client() {
        return client;
    }

    /** What has arrived, in order of arrival, as text. */
    public List<String> texts() {
        return local.records(NAME).stream()
                .map(record -> new String(record.data(), StandardCharsets.UTF_8))
                .toList();
    }

    @Override
    public void close() {
        client.close();
        local.close();
    }
}
