package dev.leat.localstream;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** GetShardIterator and GetRecords. */
final class GetOperations {

    private static final int MAX_RECORDS = 10_000;
    private static final long MAX_BYTES = 10 << 20;

    private final Streams streams;

    GetOperations(Streams streams) {
        this.streams = streams;
    }

    void addTo(Operations operations) {
        operations.addPlain("GetShardIterator", this::getShardIterator);
        operations.addPlain("GetRecords", this::getRecords);
    }

    private Output.Answer getShardIterator(Input input) {
        String name = Streams.name(input);
        String shardId = input.requiredText("ShardId", 1, 128, Streams.NAME);
        String type = input.requiredText("ShardIteratorType", 1, 64, null);
        String sequenceNumber = input.text("StartingSequenceNumber", 1, 129, SequenceNumber.PATTERN);
        Long timestamp = input.millis("Timestamp");
        KinesisStream stream = streams.usable(name);
        synchronized (stream) {
            stream.trim(streams.now());
            Shard shard = ShardOperations.require(stream, shardId);
            long count = switch (type) {
                case "TRIM_HORIZON" -> shard.log().first();
                case "LATEST" -> shard.log().next();
                case "AT_SEQUENCE_NUMBER" -> Math.max(1, at(shard, sequenceNumber, type));
                case "AFTER_SEQUENCE_NUMBER" -> at(shard, sequenceNumber, type) + 1;
                case "AT_TIMESTAMP" -> atTime(shard, timestamp);
                default -> throw ServiceError.validation("ShardIteratorType " + type + " is not known");
            };
            String token = iterator(stream, shard, count).token();
            return out -> out.text("ShardIterator", token);
        }
    }

    private static long at(Shard shard, @Nullable String sequenceNumber, String type) {
        if (sequenceNumber == null) {
            throw ServiceError.invalid("An iterator " + type + " needs a StartingSequenceNumber");
        }
        long count = shard.count(sequenceNumber);
        if (count < 0) {
            throw ServiceError.invalid(
                    "StartingSequenceNumber " + sequenceNumber + " is not one of shard " + shard.id());
        }
        return count;
    }

    private long atTime(Shard shard, @Nullable Long timestamp) {
        if (timestamp == null) {
            throw ServiceError.invalid("An iterator AT_TIMESTAMP needs a Timestamp");
        }
        if (timestamp > streams.now()) {
            throw ServiceError.invalid("The Timestamp lies in the future");
        }
        return shard.log().firstArrivedAt(timestamp);
    }

    private ShardIterator iterator(KinesisStream stream, Shard shard, long count) {
        return new ShardIterator(stream.name(), stream.createdAt(), shard.id(), count, streams.now());
    }

    private Output.Answer getRecords(Input input) {
        int limit = input.integerOr("Limit", 1, Integer.MAX_VALUE, MAX_RECORDS);
        if (limit > MAX_RECORDS) {
            throw ServiceError.invalid("Limit must not exceed " + MAX_RECORDS);
        }
        ShardIterator iterator = ShardIterator.parse(input.requiredText("ShardIterator", 1, 512, null));
        long now = streams.now();
        if (now - iterator.issuedAt() > ShardIterator.LIFE) {
            throw ServiceError.expiredIterator("The iterator is older than " + ShardIterator.LIFE + " ms");
        }
        KinesisStream stream = streams.usable(iterator.stream());
        if (stream.createdAt() != iterator.streamCreatedAt()) {
            throw ServiceError.invalid("The ShardIterator is of an earlier stream of that name");
        }
        synchronized (stream) {
            stream.trim(now);
            return read(stream, ShardOperations.require(stream, iterator.shardId()), iterator.count(), limit, now);
        }
    }

    private Output.Answer read(KinesisStream stream, Shard shard, long from, int limit, long now) {
        boolean throttled = streams.options().throttled();
        if (throttled && !shard.admitRead(now)) {
            throw ServiceError.throughput("Rate exceeded for shard " + shard.id() + " in stream " + stream.name());
        }
        ShardLog log = shard.log();
        List<ShardLog.Entry> entries = log.read(from, limit, MAX_BYTES);
        if (throttled) {
            shard.countRead(entries.stream().mapToLong(ShardLog.Entry::size).sum());
        }
        long next = Math.max(from, log.first()) + entries.size();
        long behind = next < log.next() ? Math.max(0, now - log.get(next).arrivedAt()) : 0;
        boolean ended = !shard.open() && next >= log.next();
        String nextToken = ended ? null : iterator(stream, shard, next).token();
        List<Shard> children = ended ? List.copyOf(shard.children()) : List.of();
        return out -> {
            out.objects(
                    "Records",
                    entries,
                    (record, entry) -> record.text("SequenceNumber", shard.sequenceNumber(entry.count()))
                            .time("ApproximateArrivalTimestamp", entry.arrivedAt())
                            .blob("Data", entry.data())
                            .text("PartitionKey", entry.partitionKey()));
            out.text("NextShardIterator", nextToken).number("MillisBehindLatest", behind);
            if (ended) {
                out.objects("ChildShards", children, ShardOperations::writeChild);
            }
        };
    }
}
