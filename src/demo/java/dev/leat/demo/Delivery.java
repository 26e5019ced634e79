package dev.leat.demo;

/**
 * A change as a record of the stream carries it.
 *
 * @param id the event's id, by which consumers drop repeats
 * @param capturedMicros when the trigger ran, in microseconds of the epoch
 */
public record Delivery(Change change, String partitionKey, long id, long capturedMicros) {}
