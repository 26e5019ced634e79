package dev.leat.localstream;

/**
 * The records that one shard received since it was created.
 *
 * @param bytes data and partition keys of the accepted records
 * @param refused entries above its limits, which it refused; injected faults do not count
 * @param refusedBytes data and partition keys of those
 */
public record ShardUse(String shardId, boolean open, long records, long bytes, long refused, long refusedBytes) {}
