package dev.leat;

import org.jspecify.annotations.Nullable;

/**
 * Why a request, or entries of one, were not accepted.
 *
 * @param code the service's error code, such as {@code ProvisionedThroughputExceededException}, or the name of the exception where
 *     it did not answer
 * @param message the service's own words, with the request's id where it has told one; they name the action, the principal and the
 *     resource or key, and nothing is decided by them
 */
public record RequestFailure(
        Scope scope, String code, @Nullable String message) {

    /** How much of the stream it concerns. */
    public enum Scope {
        /** Entries of a request; others of the stream get through. */
        ENTRIES,
        /** The request as a whole, being too much at once. */
        THROTTLED,
        /** The request as a whole, by trouble of the service or on the way. */
        REQUEST,
        /** Everything for the stream: it is missing, or the right to it or to its key is. */
        STREAM
    }

    /** Code and message on one line. */
    public String describe() {
        return message == null || message.isBlank() ? code : code + " (" + message.strip() + ")";
    }
}
