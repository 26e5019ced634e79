package dev.leat.kinesis;

import dev.leat.RequestFailure;
import java.io.IOException;
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
 * @param code the service's error code, or the name of the exception where the service did not answer
 * @param message for people; nothing is decided by it
 */
record Failure(Verdict verdict, String code, @Nullable String message) {

    /** A refused signature is explained with the headers it should have covered, a session's token among them. */
    private static final Pattern SECRETS = Pattern.compile(
            "(?i)((?:x-amz-security-token|authorization|signature|credential|secret[a-z-]*|password|token)['\"]?\\s*[:=]\\s*)[^\\s,;]+");

    static Failure ofEntry(String code, @Nullable String message) {
        return new Failure(Verdict.onEntry(code), code, message);
    }

    static Failure ofRequest(RuntimeException thrown) {
        if (thrown instanceof SdkServiceException answer) {
            AwsErrorDetails details = answer instanceof AwsServiceException aws ? aws.awsErrorDetails() : null;
            String code = details == null || details.errorCode() == null
                    ? "HTTP " + answer.statusCode()
                    : details.errorCode();
            String message = details == null ? answer.getMessage() : details.errorMessage();
            String said = message == null || message.isBlank()
                    ? "no message"
                    : SECRETS.matcher(message).replaceAll("$1***");
            String id = answer.requestId() == null ? "" : "; request id " + answer.requestId();
            return new Failure(Verdict.onRequest(code, answer.statusCode()), code, said + id);
        }
        Verdict verdict = lostOnTheWay(thrown) ? Verdict.TRANSIENT : Verdict.STREAM_AT_FAULT;
        return new Failure(verdict, thrown.getClass().getSimpleName(), thrown.getMessage());
    }

    /** No answer that says anything of the request: it may have been applied. */
    private static boolean lostOnTheWay(Throwable thrown) {
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

    /** In a few words, for the reason of an outcome. */
    String describe() {
        return of(RequestFailure.Scope.REQUEST).describe();
    }

    /** For a listener: of entries. */
    RequestFailure ofEntries() {
        return of(verdict == Verdict.STREAM_AT_FAULT ? RequestFailure.Scope.STREAM : RequestFailure.Scope.ENTRIES);
    }

    /** For a listener: of a request as a whole. */
    RequestFailure ofWhole() {
        return of(
                switch (verdict) {
                    case THROTTLED -> RequestFailure.Scope.THROTTLED;
                    case TRANSIENT, REFUSED -> RequestFailure.Scope.REQUEST;
                    case STREAM_AT_FAULT -> RequestFailure.Scope.STREAM;
                });
    }

    private RequestFailure of(RequestFailure.Scope scope) {
        return new RequestFailure(scope, code, message);
    }
}
