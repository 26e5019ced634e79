package dev.leat.localstream;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** PutRecord and PutRecords. */
final class PutOperations {

    static final int MAX_ENTRIES = 500;
    static final int MAX_REQUEST_BYTES = 10 << 20;

    private static final int MAX_BLOB_BYTES = 10 << 20;
    private static final int MAX_KEY_LENGTH = 256;
    static final Pattern HASH_KEY = Pattern.compile("0|([1-9]\\d{0,38})");

    private final Streams streams;

    PutOperations(Streams streams) {
        this.streams = streams;
    }

    void addTo(Operations operations) {
        operations.add("PutRecord", this::putRecord);
        operations.add("PutRecords", this::putRecords);
    }

    private record Put(String partitionKey, byte[] data, HashKey hashKey, int size) {}

    private sealed interface Result {}

    private record Stored(String shardId, String sequenceNumber) implements Result {}

    private record Failed(String code, String message) implements Result {}

    private Output.Answer putRecord(Input input, FaultPlan plan) {
        String name = Streams.name(input);
        Put put = put(input, HashKey.md5());
        input.text("SequenceNumberForOrdering", 1, 129, SequenceNumber.PATTERN);
        Result result = store(streams.usable(name), List.of(put), plan)[0];
        if (result instanceof Failed failed) {
            throw new ServiceError(failed.code(), failed.code().startsWith("Internal") ? 500 : 400, failed.message());
        }
        Stored stored = (Stored) result;
        return out -> out.text("ShardId", stored.shardId()).text("SequenceNumber", stored.sequenceNumber());
    }

    private Output.Answer putRecords(Input input, FaultPlan plan) {
        String name = Streams.name(input);
        List<Put> puts = new ArrayList<>();
        MessageDigest md5 = HashKey.md5();
        long bytes = 0;
        for (Input entry : input.requiredObjects("Records", 1, MAX_ENTRIES)) {
            Put put = put(entry, md5);
            puts.add(put);
            bytes += put.size();
        }
        if (bytes > MAX_REQUEST_BYTES) {
            throw ServiceError.invalid(
                    "The records of a request must not exceed 10 MiB; these have " + bytes + " bytes");
        }
        Result[] results = store(streams.usable(name), puts, plan);
        int failed =
                (int) Arrays.stream(results).filter(Failed.class::isInstance).count();
        return told(results, failed, plan);
    }

    /** The answer, with wrong numbers if a fault asks for them. */
    private static Output.Answer told(Result[] results, int failed, FaultPlan plan) {
        List<Result> records = new ArrayList<>(Arrays.asList(results));
        int count = failed;
        switch (plan.miscount()) {
            case NONE -> {}
            case WRONG_COUNT -> count = failed == 0 ? results.length : 0;
            case ONE_TOO_FEW -> records.remove(plan.any(records.size()));
            case ONE_TOO_MANY -> records.add(plan.any(records.size() + 1), records.get(plan.any(records.size())));
        }
        int answered = count;
        return out -> out.number("FailedRecordCount", answered).objects("Records", records, PutOperations::write);
    }

    private static void write(Output out, Result result) throws java.io.IOException {
        if (result instanceof Stored stored) {
            out.text("SequenceNumber", stored.sequenceNumber()).text("ShardId", stored.shardId());
        } else if (result instanceof Failed failed) {
            out.text("ErrorCode", failed.code()).text("ErrorMessage", failed.message());
        }
    }

    private static Put put(Input entry, MessageDigest md5) {
        String partitionKey = entry.requiredText("PartitionKey", 1, MAX_KEY_LENGTH, null);
        byte[] data = entry.requiredBlob("Data");
        if (data.length > MAX_BLOB_BYTES) {
            throw ServiceError.validation("Data must not exceed " + MAX_BLOB_BYTES + " bytes");
        }
        String explicit = entry.text("ExplicitHashKey", 1, 39, HASH_KEY);
        HashKey hashKey = explicit == null ? HashKey.ofPartitionKey(partitionKey, md5) : hashKey(explicit);
        return new Put(partitionKey, data, hashKey, data.length + utf8Length(partitionKey));
    }

    static HashKey hashKey(String decimal) {
        try {
            return HashKey.of(new BigInteger(decimal));
        } catch (IllegalArgumentException e) {
            throw ServiceError.invalid("The hash key " + decimal + " does not lie between 0 and 2^128 - 1");
        }
    }

    private static int utf8Length(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 127) {
                return text.getBytes(StandardCharsets.UTF_8).length;
            }
        }
        return text.length();
    }

    private Result[] store(KinesisStream stream, List<Put> puts, FaultPlan plan) {
        Result[] results = new Result[puts.size()];
        int[] order = plan.order(puts.size());
        synchronized (stream) {
            long now = streams.now();
            long maxSize = stream.maxRecordKib() * 1024L;
            for (Put put : puts) {
                if (put.size() > maxSize) {
                    throw ServiceError.invalid("A record of " + put.size()
                            + " bytes (data and partition key) exceeds the " + "stream's maximum of " + maxSize);
                }
            }
            for (int index : order) {
                results[index] = plan.failsEntry()
                        ? new Failed(plan.entryCode(), "An injected fault fails this entry")
                        : store(stream, puts.get(index), now);
            }
            stream.trim(now);
        }
        return results;
    }

    private Result store(KinesisStream stream, Put put, long now) {
        Shard shard = stream.shardFor(put.hashKey());
        if (!shard.admitWrite(streams.writeLimits(), put.size(), now)) {
            return new Failed(
                    "ProvisionedThroughputExceededException",
                    "Rate exceeded for shard " + shard.id() + " in stream " + stream.name() + " under account "
                            + streams.options().account());
        }
        long count = stream.append(shard, put.partitionKey(), put.data(), put.size(), now);
        return new Stored(shard.id(), shard.sequenceNumber(count));
    }
}
