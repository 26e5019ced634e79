package dev.leat.kinesis;

import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;

/** Prepares clients for {@link KinesisPublisher}. */
public final class KinesisClients {

    private KinesisClients() {}

    /**
     * Sets what the publisher relies on: no retries by the SDK, which would multiply the publisher's; timeouts; a connection for each
     * request in flight; and what {@link DirectPutRecords} needs. Region, credentials and endpoint are left to the caller.
     *
     * @param publishers how many publishers share the client
     */
    public static KinesisClientBuilder prepare(KinesisClientBuilder builder, PublishSettings settings, int publishers) {
        Duration timeout = settings.requestTimeout();
        DirectPutRecords direct = new DirectPutRecords(Apache5HttpClient.builder()
                .maxConnections(publishers * settings.requestsInFlight() + 1)
                .connectionTimeout(timeout)
                .socketTimeout(timeout)
                .tcpKeepAlive(true));
        return builder.overrideConfiguration(override -> override.retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallTimeout(timeout)
                        .addExecutionInterceptor(direct))
                .httpClientBuilder(direct);
    }
}
