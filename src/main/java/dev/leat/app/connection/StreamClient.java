package dev.leat.app.connection;

import dev.leat.kinesis.KinesisClients;
import dev.leat.kinesis.PublishSettings;
import dev.leat.observe.Causes;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The client of the stream, by AWS's own settings: region, credentials and {@code AWS_ENDPOINT_URL_KINESIS}. */
public final class StreamClient {

    private static final Pattern ARN = Pattern.compile("arn:[^:]+:kinesis:([^:]+):.*");

    private StreamClient() {}

    /**
     * A client that does not retry by itself: Leat's order depends on who sends what again, and when.
     *
     * @param stream a name or an ARN; the region of an ARN wins over the environment's
     * @param workers how many workers share it
     * @throws Fault when there is no region, there are no credentials, or the endpoint is no URL
     */
    public static KinesisClient open(String stream, PublishSettings settings, int workers) {
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
        var builder = KinesisClient.builder().region(region).credentialsProvider(credentials);
        try {
            return KinesisClients.prepare(builder, settings, workers).build();
        } catch (NullPointerException | IllegalArgumentException | SdkClientException e) {
            // The SDK's words for an endpoint that is no URL have changed from one version to the next.
            credentials.close();
            throw new Fault(
                    ExitCode.STREAM,
                    "the SDK cannot create a client with its settings: " + Causes.line(e)
                            + ": check AWS_REGION, such as eu-central-1, and that AWS_ENDPOINT_URL_KINESIS is not set or a URL,"
                            + " such as http://localhost:4567",
                    e);
        }
    }

    private static Region region(String stream) {
        Matcher arn = ARN.matcher(stream);
        if (arn.matches()) {
            return Region.of(arn.group(1));
        }
        try {
            return DefaultAwsRegionProviderChain.builder().build().getRegion();
        } catch (SdkClientException e) {
            throw new Fault(ExitCode.STREAM, "no AWS region is set: set AWS_REGION, or name the stream by its ARN", e);
        }
    }
}
