package dev.leat.localstream;

/**
 * What came to one shard since it was created.
 *
 * @param bytes data and partition keys of the records that it took
 * @param refused entries that it did not take, being over its limits; injected faults do not count
 * @param refusedBytes data and partition keys of those
 */
public record ShardUse(String shardId, boolean open, long records, long bytes, long refused, long refusedBytes) {}
