package dev.leat.kinesis;

import java.util.Set;

/** What a failure says about what to do next. Decided by the service's error code and status, never by its message. */
enum Verdict {
    /** Too much at once. The same records are sent again after a pause, for as long as it lasts. */
    THROTTLED,

    /**
     * Trouble on the service's side or on the way, with or without an answer. The request may have been applied, so the same
     * records are sent again, and nothing goes ahead of them.
     */
    TRANSIENT,

    /** A record is not acceptable as it is: sending it again cannot help. */
    REFUSED,

    /** The stream, the key that encrypts it, or our right to it is not in order. No event is to blame, and all wait. */
    STREAM_AT_FAULT;

    private static final Set<String> THROTTLING = Set.of(
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

    private static final Set<String> PASSING = Set.of(
            "InternalFailure",
            "InternalFailureException",
            "InternalServerError",
            "InternalServerException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
            "RequestTimeout",
            "RequestTimeoutException");

    private static final Set<String> REFUSING = Set.of(
            "InvalidArgumentException",
            "ValidationException",
            "ValidationError",
            "SerializationException",
            "RequestEntityTooLargeException");

    /** On a request as a whole. A code that is not known and is the caller's fault by its status is no event's fault. */
    static Verdict onRequest(String code, int status) {
        if (THROTTLING.contains(code) || status == 429) {
            return THROTTLED;
        }
        if (PASSING.contains(code) || status == 408 || status >= 500) {
            return TRANSIENT;
        }
        if (REFUSING.contains(code) || status == 413) {
            return REFUSED;
        }
        return STREAM_AT_FAULT;
    }

    /** On one entry of a request that was otherwise accepted. A code that is not known is taken to pass. */
    static Verdict onEntry(String code) {
        if (THROTTLING.contains(code)) {
            return THROTTLED;
        }
        if (REFUSING.contains(code)) {
            return REFUSED;
        }
        return code.startsWith("KMS")
                        || code.equals("AccessDeniedException")
                        || code.equals("ResourceNotFoundException")
                ? STREAM_AT_FAULT
                : TRANSIENT;
    }
}
