package dev.leat.publish;

/** How a request ended. */
sealed interface Landing {

    Flight flight();

    record Answered(Flight flight, Reply reply) implements Landing {}

    record Failed(Flight flight, Failure failure) implements Landing {}

    /** It never left: by its turn the deadline was too near. */
    record NotSent(Flight flight) implements Landing {}
}
