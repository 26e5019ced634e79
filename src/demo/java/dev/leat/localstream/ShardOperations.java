package dev.leat.localstream;

import dev.leat.localstream.KinesisStream.Mode;
import dev.leat.localstream.KinesisStream.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SplitShard, MergeShards and UpdateShardCount, and the form of a shard in answers. */
final class ShardOperations {

    private final Streams streams;

    ShardOperations(Streams streams) {
        this.streams = streams;
    }

    void addTo(Operations operations) {
        operations.addPlain("SplitShard", this::split);
        operations.addPlain("MergeShards", this::merge);
        operations.addPlain("UpdateShardCount", this::updateShardCount);
    }

    private Output.Answer split(Input input) {
        String shardId = input.requiredText("ShardToSplit", 1, 128, Streams.NAME);
        HashKey at = PutOperations.hashKey(input.requiredText("NewStartingHashKey", 1, 39, PutOperations.HASH_KEY));
        KinesisStream stream = streams.named(input);
        streams.requireShards(1);
        synchronized (stream) {
            requireReshardable(stream);
            Shard shard = requireOpen(stream, shardId);
            if (at.compareTo(shard.start()) <= 0 || at.compareTo(shard.end()) > 0) {
                throw ServiceError.invalid("NewStartingHashKey " + at + " does not lie inside the range of shard "
                        + shard.id() + ", " + shard.start() + " to " + shard.end());
            }
            Resharding.split(stream, shard, at, streams.now());
            stream.become(Status.UPDATING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private Output.Answer merge(Input input) {
        String shardId = input.requiredText("ShardToMerge", 1, 128, Streams.NAME);
        String adjacentId = input.requiredText("AdjacentShardToMerge", 1, 128, Streams.NAME);
        KinesisStream stream = streams.named(input);
        synchronized (stream) {
            requireReshardable(stream);
            Shard shard = requireOpen(stream, shardId);
            Shard adjacent = requireOpen(stream, adjacentId);
            if (!Resharding.adjacent(shard, adjacent)) {
                throw ServiceError.invalid("Shards " + shardId + " and " + adjacentId + " are not adjacent");
            }
            Resharding.merge(stream, shard, adjacent, streams.now());
            stream.become(Status.UPDATING, streams.settled());
        }
        return Output.Answer.EMPTY;
    }

    private Output.Answer updateShardCount(Input input) {
        int target = input.requiredInteger("TargetShardCount", 1, Integer.MAX_VALUE);
        if (!"UNIFORM_SCALING".equals(input.requiredText("ScalingType", 1, 64, null))) {
            throw ServiceError.validation("ScalingType must be UNIFORM_SCALING");
        }
        KinesisStream stream = streams.named(input);
        int openInAccount = streams.openShards();
        synchronized (stream) {
            requireReshardable(stream);
            int current = stream.openShards().size();
            if (target > 2 * current || 2 * target < current) {
                throw ServiceError.invalid(
                        "TargetShardCount " + target + " is not between half and double of " + current);
            }
            if (openInAccount - current + target > streams.options().shardLimit()) {
                throw ServiceError.limit("The account's limit of "
                        + streams.options().shardLimit() + " open shards does not allow " + target);
            }
            Resharding.scale(stream, target, streams.now());
            stream.become(Status.UPDATING, streams.settled());
            return out -> out.text("StreamName", stream.name())
                    .text("StreamARN", stream.arn())
                    .number("CurrentShardCount", current)
                    .number("TargetShardCount", target);
        }
    }

    private void requireReshardable(KinesisStream stream) {
        streams.requireActive(stream);
        if (stream.mode() == Mode.ON_DEMAND) {
            throw ServiceError.validation(
                    "Stream " + stream.name() + " is ON_DEMAND: its shards are the service's affair");
        }
    }

    static Shard require(KinesisStream stream, String shardId) {
        Shard shard = stream.shard(shardId);
        if (shard == null) {
            throw ServiceError.notFound("Shard " + shardId + " in stream " + stream.name() + " does not exist");
        }
        return shard;
    }

    private static Shard requireOpen(KinesisStream stream, String shardId) {
        Shard shard = require(stream, shardId);
        if (!shard.open()) {
            throw ServiceError.invalid("Shard " + shardId + " in stream " + stream.name() + " is closed");
        }
        return shard;
    }

    /** The form of a shard in an answer. The caller holds the stream's monitor. */
    record View(Shard shard, @Nullable String endingSequenceNumber) {

        static List<View> of(Collection<Shard> shards) {
            List<View> views = new ArrayList<>(shards.size());
            shards.forEach(shard -> views.add(new View(shard, shard.endingSequenceNumber())));
            return views;
        }
    }

    static void write(Output out, View view) throws IOException {
        Shard shard = view.shard();
        out.text("ShardId", shard.id())
                .text("ParentShardId", shard.parent())
                .text("AdjacentParentShardId", shard.adjacentParent());
        range(out, shard);
        out.object(
                "SequenceNumberRange",
                numbers -> numbers.text("StartingSequenceNumber", shard.startingSequenceNumber())
                        .text("EndingSequenceNumber", view.endingSequenceNumber()));
    }

    static void writeChild(Output out, Shard shard) throws IOException {
        List<String> parents = new ArrayList<>();
        if (shard.parent() != null) {
            parents.add(shard.parent());
        }
        if (shard.adjacentParent() != null) {
            parents.add(shard.adjacentParent());
        }
        out.text("ShardId", shard.id()).texts("ParentShards", parents);
        range(out, shard);
    }

    private static void range(Output out, Shard shard) throws IOException {
        out.object(
                "HashKeyRange",
                range -> range.text("StartingHashKey", shard.start()).text("EndingHashKey", shard.end()));
    }
}
