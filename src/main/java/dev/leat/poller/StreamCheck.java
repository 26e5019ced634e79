package dev.leat.poller;

import dev.leat.observe.Causes;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** Checks that a stream can be used, before anything is sent to it. */
public final class StreamCheck {

    private static final Set<String> CREDENTIALS_REFUSED = Set.of(
            "UnrecognizedClientException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "MissingAuthenticationTokenException",
            "IncompleteSignatureException",
            "OptInRequired");

    private static final Set<String> EXPIRED = Set.of("ExpiredTokenException", "ExpiredToken", "RequestExpired");

    private StreamCheck() {}

    /** The description of a stream, if the service gave one. */
    public sealed interface Described {}

    public record Known(StreamDescriptionSummary summary) implements Described {}

    /** The service gave no description; the stream may still exist. */
    public record Withheld(String why) implements Described {}

    /**
     * @throws StreamUnusable when the stream cannot be used: it does not exist or is not active, the credentials are refused, or the
     *     service does not answer
     */
    public static Described describe(KinesisClient kinesis, String stream) {
        try {
            StreamDescriptionSummary summary =
                    kinesis.describeStreamSummary(request(stream)).streamDescriptionSummary();
            StreamStatus status = summary.streamStatus();
            if (status != StreamStatus.ACTIVE && status != StreamStatus.UPDATING) {
                throw new StreamUnusable(
                        "stream " + stream + " is " + summary.streamStatusAsString() + ", not ACTIVE: wait until it is",
                        null);
            }
            return new Known(summary);
        } catch (ResourceNotFoundException e) {
            throw new StreamUnusable(
                    "stream " + stream + " does not exist " + place(kinesis)
                            + ": create it, or set LEAT_STREAM and AWS_REGION",
                    e);
        } catch (AwsServiceException e) {
            return refused(kinesis, stream, e);
        } catch (SdkClientException e) {
            throw new StreamUnusable(
                    "no connection to Kinesis " + place(kinesis) + ": " + rootCause(e)
                            + ": check AWS_REGION, AWS_ENDPOINT_URL_KINESIS, the network, and where a proxy leads out HTTP_PROXY"
                            + " (HTTPS_PROXY is not read)",
                    e);
        }
    }

    private static Described refused(KinesisClient kinesis, String stream, AwsServiceException e) {
        String code = e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? "status " + e.statusCode()
                : e.awsErrorDetails().errorCode();
        if (EXPIRED.contains(code)) {
            throw new StreamUnusable(
                    "AWS refuses the credentials " + place(kinesis) + " (" + code
                            + "): they have expired: renew them (such as by aws sso login), or set this machine's clock",
                    e);
        }
        if (CREDENTIALS_REFUSED.contains(code)) {
            throw new StreamUnusable(
                    "AWS refuses the credentials " + place(kinesis) + " (" + code
                            + "): check AWS_ACCESS_KEY_ID or AWS_PROFILE, and this machine's clock",
                    e);
        }
        if (code.equals("AccessDeniedException")) {
            return new Withheld("these credentials may not call kinesis:DescribeStreamSummary on stream " + stream);
        }
        if (code.equals("LimitExceededException") || e.isThrottlingException() || e.statusCode() >= 500) {
            return new Withheld("Kinesis answered " + code + " when asked about stream " + stream);
        }
        if (e.statusCode() == HttpURLConnection.HTTP_PROXY_AUTH) {
            throw new StreamUnusable(
                    "the proxy refuses the login: check HTTP_PROXY, such as http://user:password@proxy.example:3128",
                    e);
        }
        if (code.startsWith("status ")) {
            // Kinesis gives each refusal an error code, so something else has answered.
            throw new StreamUnusable(
                    "what answers " + place(kinesis) + " does not speak as Kinesis does: " + code
                            + ": check AWS_ENDPOINT_URL_KINESIS and HTTP_PROXY",
                    e);
        }
        throw new StreamUnusable("Kinesis refuses stream " + stream + " " + place(kinesis) + ": " + code, e);
    }

    private static DescribeStreamSummaryRequest request(String stream) {
        DescribeStreamSummaryRequest.Builder request = DescribeStreamSummaryRequest.builder();
        return (stream.startsWith("arn:") ? request.streamARN(stream) : request.streamName(stream)).build();
    }

    /** Where the client sends its requests, such as {@code in eu-central-1} or {@code at http://localhost:4567}. */
    public static String place(KinesisClient kinesis) {
        var configuration = kinesis.serviceClientConfiguration();
        String at = configuration.endpointOverride().map(URI::toString).orElse("");
        return at.isEmpty() ? "in " + configuration.region() : "at " + at;
    }

    private static String rootCause(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root instanceof java.net.UnknownHostException ? "unknown host " + root.getMessage() : Causes.line(root);
    }
}
