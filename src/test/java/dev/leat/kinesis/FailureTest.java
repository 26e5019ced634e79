package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;

final class FailureTest {

    @ParameterizedTest
    @CsvSource({
        "ProvisionedThroughputExceededException, 400, THROTTLED",
        "LimitExceededException, 400, THROTTLED",
        "KMSThrottlingException, 400, THROTTLED",
        "SomethingNew, 429, THROTTLED",
        "InternalFailure, 500, TRANSIENT",
        "ServiceUnavailable, 503, TRANSIENT",
        "SomethingNew, 502, TRANSIENT",
        "RequestTimeout, 408, TRANSIENT",
        "InvalidArgumentException, 400, REFUSED",
        "ValidationException, 400, REFUSED",
        "SerializationException, 400, REFUSED",
        "SomethingNew, 413, REFUSED",
        "ResourceNotFoundException, 400, STREAM_AT_FAULT",
        "ResourceInUseException, 400, STREAM_AT_FAULT",
        "AccessDeniedException, 400, STREAM_AT_FAULT",
        "KMSDisabledException, 400, STREAM_AT_FAULT",
        "KMSAccessDeniedException, 400, STREAM_AT_FAULT",
        "UnrecognizedClientException, 400, STREAM_AT_FAULT",
        "ExpiredTokenException, 400, STREAM_AT_FAULT",
        "SomethingNew, 400, STREAM_AT_FAULT",
    })
    void aRequestsFailureIsJudgedByCodeAndStatus(String code, int status, Failure.Kind kind) {
        AwsServiceException thrown = KinesisException.builder()
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage("ProvisionedThroughputExceededException ValidationException InternalFailure")
                        .build())
                .build();

        assertThat(Failure.ofRequest(thrown))
                .extracting(Failure::kind, Failure::code)
                .containsExactly(kind, code);
    }

    @Test
    void theServicesWordsAreKeptWithTheRequestsId() {
        String words =
                "User: arn:aws:iam::123456789012:user/leat is not authorized to perform: kinesis:PutRecords on resource:"
                        + " arn:aws:kinesis:eu-central-1:123456789012:stream/changes";

        assertThat(denied("AccessDeniedException", words).describe())
                .isEqualTo("AccessDeniedException (" + words + "; request id 1-2-3)");
    }

    /** A refused signature is explained with the headers it should have covered. */
    @Test
    void noSecretOfASignatureIsTold() {
        String words =
                "The Canonical String for this request should have been 'POST / host:kinesis\nx-amz-security-token:FwoGZXIv+x/=='"
                        + " Credential=AKIAX/20260101/us-east-1, Signature=abcdef0123, password: hunter2";

        assertThat(denied("InvalidSignatureException", words).describe())
                .contains("host:kinesis", "request id 1-2-3")
                .doesNotContain("FwoGZXIv", "AKIAX", "abcdef", "hunter2");
    }

    private static Failure denied(String code, String words) {
        return Failure.ofRequest(KinesisException.builder()
                .statusCode(400)
                .requestId("1-2-3")
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(words)
                        .build())
                .build());
    }

    @ParameterizedTest
    @CsvSource({
        "ProvisionedThroughputExceededException, THROTTLED",
        "KMSThrottlingException, THROTTLED",
        "InternalFailure, TRANSIENT",
        "SomethingNew, TRANSIENT",
        "ValidationException, REFUSED",
        "KMSDisabledException, STREAM_AT_FAULT",
    })
    void anEntrysFailureIsJudgedByItsCode(String code, Failure.Kind kind) {
        assertThat(Failure.ofEntry(code, "ValidationException").kind()).isEqualTo(kind);
    }

    @Test
    void aRequestWithALostAnswerMayHaveBeenApplied() {
        assertThat(Failure.ofRequest(ApiCallTimeoutException.create(10)).kind()).isEqualTo(Failure.Kind.TRANSIENT);
        assertThat(Failure.ofRequest(SdkClientException.create("reset", new IOException("reset")))
                        .kind())
                .isEqualTo(Failure.Kind.TRANSIENT);
    }

    @Test
    void aClientThatCannotSendIsNoEventsFault() {
        assertThat(Failure.ofRequest(SdkClientException.create("no credentials"))
                        .kind())
                .isEqualTo(Failure.Kind.STREAM_AT_FAULT);
        assertThat(Failure.ofRequest(new IllegalStateException("closed")).kind())
                .isEqualTo(Failure.Kind.STREAM_AT_FAULT);
    }

    @Test
    void anAnswerWithoutACodeIsJudgedByItsStatus() {
        AwsServiceException bare =
                KinesisException.builder().statusCode(503).message("no body").build();

        assertThat(Failure.ofRequest(bare))
                .isEqualTo(new Failure(Failure.Kind.TRANSIENT, "HTTP 503", bare.getMessage()));
    }
}
