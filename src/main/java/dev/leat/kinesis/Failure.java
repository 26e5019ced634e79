package dev.leat.kinesis;

import dev.leat.RequestFailure;
import java.io.IOException;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/**
 * Why a request, or one of its entries, was not accepted.
 *
 * @param code the error code of Kinesis, or the name of the exception where Kinesis did not answer
 * @param message a text for people; nothing is decided by it
 */
record Failure(Kind kind, String code, @Nullable String message) {

    /** The kinds of failure. Each has its own reaction. The error code and the HTTP status decide the kind, the message never does. */
    enum Kind {
        /** Too much at once. The same records are sent again after a delay, for as long as the throttling lasts. */
        THROTTLED,

        /**
         * Kinesis or the network failed, with or without an answer. Kinesis may have applied the request. So the same records are sent
         * again, and no later record of their keys is sent before them.
         */
        TRANSIENT,

        /** Kinesis does not accept a record as it is. Sending the record again cannot help. */
        REFUSED,

        /** The stream, its encryption key, or the right to use them is missing. No event is the cause, and all events wait. */
        STREAM_AT_FAULT;

        private static final Set<String> THROTTLED_CODES = Set.of(
                "ProvisionedThroughputExceededException",
                "LimitExceededException",
                "KMSThrottlingException",
                "ThrottlingException",
                "ThrottledException",
                "Throttling",
                "RequestLimitExceeded",
                "RequestThrottled",
                "RequestThrottledException",
                "TooManyRequestsException",
                "SlowDown");

        private static final Set<String> TRANSIENT_CODES = Set.of(
                "InternalFailure",
                "InternalFailureException",
                "InternalServerError",
                "InternalServerException",
                "ServiceUnavailable",
                "ServiceUnavailableException",
                "RequestTimeout",
                "RequestTimeoutException");

        private static final Set<String> REFUSED_CODES = Set.of(
                "InvalidArgumentException",
                "ValidationException",
                "ValidationError",
                "SerializationException",
                "RequestEntityTooLargeException");

        /** The kind of a whole request's failure. An unknown code with a status of 4xx is not the fault of an event. */
        static Kind ofRequest(String code, int status) {
            if (THROTTLED_CODES.contains(code) || status == 429) {
                return THROTTLED;
            }
            if (TRANSIENT_CODES.contains(code) || status == 408 || status >= 500) {
                return TRANSIENT;
            }
            if (REFUSED_CODES.contains(code) || status == 413) {
                return REFUSED;
            }
            return STREAM_AT_FAULT;
        }

        /** The kind of one entry's failure, in a request that was accepted as a whole. An unknown code is transient. */
        static Kind ofEntry(String code) {
            if (THROTTLED_CODES.contains(code)) {
                return THROTTLED;
            }
            if (REFUSED_CODES.contains(code)) {
                return REFUSED;
            }
            return code.startsWith("KMS")
                            || code.equals("AccessDeniedException")
                            || code.equals("ResourceNotFoundException")
                    ? STREAM_AT_FAULT
                    : TRANSIENT;
        }
    }

    /** The message about a wrong signature quotes the headers of the request, a session token among them. */
    private static final Pattern SECRETS = Pattern.compile(
            "(?i)((?:x-amz-security-token|authorization|signature|credential|secret[a-z-]*|password|token)['\"]?\\s*[:=]\\s*)[^\\s,;]+");

    static Failure ofEntry(String code, @Nullable String message) {
        return new Failure(Kind.ofEntry(code), code, message);
    }

    static Failure ofRequest(RuntimeException thrown) {
        if (thrown instanceof SdkServiceException answer) {
            AwsErrorDetails details = answer instanceof AwsServiceException aws ? aws.awsErrorDetails() : null;
            String code = details == null || details.errorCode() == null
                    ? "HTTP " + answer.statusCode()
                    : details.errorCode();
            String message = details == null ? answer.getMessage() : details.errorMessage();
            String printable = message == null || message.isBlank()
                    ? "no message"
                    : SECRETS.matcher(message).replaceAll("$1***");
            String id = answer.requestId() == null ? "" : "; request id " + answer.requestId();
            return new Failure(Kind.ofRequest(code, answer.statusCode()), code, printable + id);
        }
        Kind kind = isAnswerLost(thrown) ? Kind.TRANSIENT : Kind.STREAM_AT_FAULT;
        return new Failure(kind, thrown.getClass().getSimpleName(), thrown.getMessage());
    }

    /** Whether no answer tells what became of the request. Kinesis may have applied it. */
    private static boolean isAnswerLost(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException
                    || cause instanceof ApiCallTimeoutException
                    || cause instanceof ApiCallAttemptTimeoutException
                    || cause instanceof AbortedException) {
                return true;
            }
        }
        return false;
    }

    /** Code and message, for the reason of an outcome. */
    String describe() {
        return as(RequestFailure.Scope.REQUEST).describe();
    }

    /** For a listener, as the failure of entries. */
    RequestFailure ofEntries() {
        return as(kind == Kind.STREAM_AT_FAULT ? RequestFailure.Scope.STREAM : RequestFailure.Scope.ENTRIES);
    }

    /** For a listener, as the failure of a whole request. */
    RequestFailure ofWhole() {
        return as(
                switch (kind) {
                    case THROTTLED -> RequestFailure.Scope.THROTTLED;
                    case TRANSIENT, REFUSED -> RequestFailure.Scope.REQUEST;
                    case STREAM_AT_FAULT -> RequestFailure.Scope.STREAM;
                });
    }

    private RequestFailure as(RequestFailure.Scope scope) {
        return new RequestFailure(scope, code, message);
    }
}
