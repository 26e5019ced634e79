package dev.leat.kcl;

import dev.leat.localstream.LocalStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** An application of the Kinesis Client Library in this process, with leases in DynamoDB local. It keeps the records that it gets. */
final class KclConsumer implements AutoCloseable {

    static {
        // By default the library logs each check of its leases.
        System.setProperty("org.slf4j.simpleLogger.log.software.amazon.kinesis", "warn");
    }

    private final List<KinesisClientRecord> received = new ArrayList<>();
    private final Leases leases = new Leases();
    private final KinesisAsyncClient kinesis;
    private final CloudWatchAsyncClient unused;
    private final Scheduler scheduler;
    private final Thread thread;

    KclConsumer(LocalStream stream, String name) {
        var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
        kinesis = KinesisAsyncClient.builder()
                .endpointOverride(stream.endpoint())
                .region(Region.of(stream.region()))
                .credentialsProvider(credentials)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1))
                .build();
        unused = CloudWatchAsyncClient.builder()
                .endpointOverride(URI.create("http://localhost:9"))
                .region(Region.of(stream.region()))
                .credentialsProvider(credentials)
                .httpClientBuilder(NettyNioAsyncHttpClient.builder())
                .build();
        ConfigsBuilder configs = new ConfigsBuilder(
                new SingleStreamTracker(
                        name, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)),
                "leat-kcl",
                kinesis,
                leases.client(),
                unused,
                UUID.randomUUID().toString(),
                Processor::new);
        scheduler = new Scheduler(
                configs.checkpointConfig(),
                configs.coordinatorConfig()
                        .parentShardPollIntervalMillis(200)
                        .shardConsumerDispatchPollIntervalMillis(200),
                configs.leaseManagementConfig()
                        .failoverTimeMillis(2_000)
                        .leaseAssignmentIntervalMillis(1_000L)
                        .shardSyncIntervalMillis(1_000)
                        // The library drops the events of other shards only if it knows the shard.
                        .listShardsCacheAllowedAgeInSeconds(0)
                        .maxCacheMissesBeforeReload(0)
                        .leasesRecoveryAuditorExecutionFrequencyMillis(2_000),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(),
                configs.retrievalConfig()
                        .retrievalSpecificConfig(new PollingConfig(name, kinesis).idleTimeBetweenReadsInMillis(250)));
        thread = new Thread(scheduler, "kcl");
        thread.setDaemon(true);
        thread.start();
    }

    /** The records that it got so far, in their order. */
    List<KinesisClientRecord> received() {
        synchronized (received) {
            return List.copyOf(received);
        }
    }

    int count() {
        synchronized (received) {
            return received.size();
        }
    }

    @Override
    public void close() throws InterruptedException {
        scheduler.shutdown();
        thread.join(30_000);
        kinesis.close();
        unused.close();
        leases.close();
    }

    private final class Processor implements ShardRecordProcessor {

        @Override
        public void initialize(InitializationInput input) {}

        @Override
        public void processRecords(ProcessRecordsInput input) {
            synchronized (received) {
                received.addAll(input.records());
            }
        }

        @Override
        public void leaseLost(LeaseLostInput input) {}

        @Override
        public void shardEnded(ShardEndedInput input) {
            try {
                input.checkpointer().checkpoint();
            } catch (InvalidStateException | ShutdownException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {}
    }
}
