package dev.leat.kinesis;

/** How a request ended. */
sealed interface Completion {

    Request flight();

    record Answered(Request flight, Reply reply) implements Completion {}

    record Failed(Request flight, Failure failure) implements Completion {}

    /** It never left: by its turn the deadline was too near. */
    record NotSent(Request flight) implements Completion {}
}
