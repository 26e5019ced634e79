package dev.leat;

import org.jspecify.annotations.Nullable;

/**
 * Why a request, or entries of one, were not accepted.
 *
 * @param code the service's error code, such as {@code ProvisionedThroughputExceededException}, or the name of the exception if it did
 *     not answer
 * @param message the service's message, with the request's id if it gave one. It names the action, the principal and the resource or key.
 *     No decision depends on it
 */
public record RequestFailure(
        Scope scope, String code, @Nullable String message) {

    /** The part of the stream that the failure affects. */
    public enum Scope {
        /** Some entries of a request; other entries of the stream are accepted. */
        ENTRIES,
        /** The whole request, because it exceeds a rate limit. */
        THROTTLED,
        /** The whole request, because of a fault of the service or the network. */
        REQUEST,
        /** All requests to the stream: the stream is missing, or the right to use it or its KMS key. */
        STREAM
    }

    /** Code and message on one line. */
    public String describe() {
        return message == null || message.isBlank() ? code : code + " (" + message.strip() + ")";
    }
}
