package dev.leat.app;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The client of the stream, by AWS's own settings: region, credentials and {@code AWS_ENDPOINT_URL_KINESIS}. */
public final class KinesisClients {

    private static final Pattern ARN = Pattern.compile("arn:[^:]+:kinesis:([^:]+):.*");

    private KinesisClients() {}

    /**
     * A client that does not retry by itself: Leat's order depends on who sends what again, and when.
     *
     * @param stream a name or an ARN; the region of an ARN wins over the environment's
     * @param connections how many requests can be under way at once
     * @throws Fault when there is no region, or there are no credentials
     */
    public static KinesisClient open(String stream, int connections) {
        Region region = region(stream);
        DefaultCredentialsProvider credentials =
                DefaultCredentialsProvider.builder().build();
        try {
            credentials.resolveCredentials();
        } catch (SdkClientException e) {
            credentials.close();
            throw new Fault(
                    ExitCode.STREAM,
                    "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a"
                            + " role is given",
                    e);
        }
        return KinesisClient.builder()
                .region(region)
                .credentialsProvider(credentials)
                .httpClientBuilder(Apache5HttpClient.builder()
                        .maxConnections(connections)
                        .connectionTimeout(Duration.ofSeconds(2))
                        .socketTimeout(Duration.ofSeconds(10))
                        .tcpKeepAlive(true))
                .overrideConfiguration(override -> override.retryStrategy(DefaultRetryStrategy.doNotRetry())
                        .apiCallAttemptTimeout(Duration.ofSeconds(10))
                        .apiCallTimeout(Duration.ofSeconds(10)))
                .build();
    }

    private static Region region(String stream) {
        Matcher arn = ARN.matcher(stream);
        if (arn.matches()) {
            return Region.of(arn.group(1));
        }
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion();
        } catch (SdkClientException e) {
            throw new Fault(
                    ExitCode.STREAM, "no AWS region is known: set AWS_REGION, or name the stream by its ARN", e);
        }
    }
}
