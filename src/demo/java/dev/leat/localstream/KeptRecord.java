package dev.leat.localstream;

import java.time.Instant;

/** A record that a local stream keeps, as a test sees it. */
public record KeptRecord(String shardId, String sequenceNumber, String partitionKey, byte[] data, Instant arrivedAt) {}
