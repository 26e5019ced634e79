package dev.leat.publish;

import java.io.IOException;
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
            return new Failure(Verdict.onRequest(code, answer.statusCode()), code, message);
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
        return message == null || message.isBlank() ? code : code + " (" + message + ")";
    }
}
