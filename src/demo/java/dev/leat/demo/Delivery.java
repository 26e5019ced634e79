package dev.leat.demo;

/**
 * A change as it came in a record of the stream.
 *
 * @param id the event's id, by which consumers drop repeats
 * @param capturedMicros when the trigger ran, in microseconds of the epoch
 */
public record Delivery(Change change, String partitionKey, long id, long capturedMicros) {}
