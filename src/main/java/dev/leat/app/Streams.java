package dev.leat.app;

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

/** Asks about a stream before anything is sent to it. */
final class Streams {

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

    private Streams() {}

    /** What could be learned about a stream. */
    sealed interface Described {

        record Known(StreamDescriptionSummary summary) implements Described {}

        /** The service would not say now; the stream may well be there. */
        record Withheld(String why) implements Described {}
    }

    /**
     * @throws Fault when the stream cannot be used: it is absent or not active, the credentials are refused, or nothing answers
     */
    static Described describe(KinesisClient kinesis, String stream) {
        try {
            StreamDescriptionSummary summary =
                    kinesis.describeStreamSummary(request(stream)).streamDescriptionSummary();
            StreamStatus status = summary.streamStatus();
            if (status != StreamStatus.ACTIVE && status != StreamStatus.UPDATING) {
                throw new Fault(
                        ExitCode.STREAM,
                        "stream " + stream + " is " + summary.streamStatusAsString()
                                + ", not ACTIVE: wait until it is");
            }
            return new Described.Known(summary);
        } catch (ResourceNotFoundException e) {
            throw new Fault(
                    ExitCode.STREAM,
                    "stream " + stream + " does not exist " + place(kinesis)
                            + ": create it, or set LEAT_STREAM and AWS_REGION",
                    e);
        } catch (AwsServiceException e) {
            return refused(kinesis, stream, e);
        } catch (SdkClientException e) {
            throw new Fault(
                    ExitCode.STREAM,
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
            throw new Fault(
                    ExitCode.STREAM,
                    "AWS refuses the credentials " + place(kinesis) + " (" + code
                            + "): they have expired: renew them (such as by aws sso login), or set this machine's clock",
                    e);
        }
        if (CREDENTIALS_REFUSED.contains(code)) {
            throw new Fault(
                    ExitCode.STREAM,
                    "AWS refuses the credentials " + place(kinesis) + " (" + code
                            + "): check AWS_ACCESS_KEY_ID or AWS_PROFILE, and this machine's clock",
                    e);
        }
        if (code.equals("AccessDeniedException")) {
            return new Described.Withheld(
                    "these credentials may not call kinesis:DescribeStreamSummary on stream " + stream);
        }
        if (code.equals("LimitExceededException") || e.isThrottlingException() || e.statusCode() >= 500) {
            return new Described.Withheld("Kinesis answered " + code + " when asked about stream " + stream);
        }
        if (e.statusCode() == HttpURLConnection.HTTP_PROXY_AUTH) {
            throw new Fault(
                    ExitCode.STREAM,
                    "the proxy refuses the login: check HTTP_PROXY, such as http://user:password@proxy.example:3128",
                    e);
        }
        if (code.startsWith("status ")) {
            // The service gives each refusal a code.
            throw new Fault(
                    ExitCode.STREAM,
                    "what answers " + place(kinesis) + " does not speak as Kinesis does: " + code
                            + ": check AWS_ENDPOINT_URL_KINESIS and HTTP_PROXY",
                    e);
        }
        throw new Fault(ExitCode.STREAM, "Kinesis refuses stream " + stream + " " + place(kinesis) + ": " + code, e);
    }

    private static DescribeStreamSummaryRequest request(String stream) {
        DescribeStreamSummaryRequest.Builder request = DescribeStreamSummaryRequest.builder();
        return (stream.startsWith("arn:") ? request.streamARN(stream) : request.streamName(stream)).build();
    }

    /** Where the client looks, such as {@code in eu-central-1} or {@code at http://localhost:4567}. */
    static String place(KinesisClient kinesis) {
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
