package dev.leat.localstream;

/** An error as an answer of the service: its code, HTTP status and text. */
final class ServiceError extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String code;
    private final int status;

    ServiceError(String code, int status, String message) {
        // No stack trace: these are answers, and some tests cause very many of them.
        super(message, null, false, false);
        this.code = code;
        this.status = status;
    }

    String code() {
        return code;
    }

    int status() {
        return status;
    }

    String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }

    /** The request breaks a constraint of the service's model: a length, a range, a pattern, a required field. */
    static ServiceError validation(String message) {
        return new ServiceError("ValidationException", 400, "1 validation error detected: " + message);
    }

    /** The request is well formed, but one of its values is not possible. */
    static ServiceError invalid(String message) {
        return new ServiceError("InvalidArgumentException", 400, message);
    }

    static ServiceError notFound(String message) {
        return new ServiceError("ResourceNotFoundException", 400, message);
    }

    static ServiceError inUse(String message) {
        return new ServiceError("ResourceInUseException", 400, message);
    }

    static ServiceError limit(String message) {
        return new ServiceError("LimitExceededException", 400, message);
    }

    static ServiceError throughput(String message) {
        return new ServiceError("ProvisionedThroughputExceededException", 400, message);
    }

    static ServiceError expiredIterator(String message) {
        return new ServiceError("ExpiredIteratorException", 400, message);
    }

    static ServiceError expiredToken(String message) {
        return new ServiceError("ExpiredNextTokenException", 400, message);
    }

    static ServiceError serialization(String message) {
        return new ServiceError("SerializationException", 400, message);
    }

    static ServiceError unknownOperation(String operation) {
        return new ServiceError(
                "UnknownOperationException", 400, "The local stream does not know the operation " + operation);
    }

    static ServiceError internal(String message) {
        return new ServiceError("InternalFailure", 500, message);
    }
}
