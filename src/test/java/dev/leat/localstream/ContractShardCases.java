package dev.leat.localstream;

import static dev.leat.localstream.ContractCases.FIRST;
import static dev.leat.localstream.ContractCases.SECOND;
import static dev.leat.localstream.ContractCases.fails;

import dev.leat.localstream.ContractCase.Side;
import dev.leat.testkit.Await;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** The cases about shards, their parents and children, and settings of the stream. */
final class ContractShardCases {

    private static final String THIRD = "shardId-000000000002";
    private static final String INVALID = "InvalidArgumentException";
    private static final String HALF = "170141183460469231731687303715884105728";

    private ContractShardCases() {}

    static List<ContractCase> all() {
        return List.of(
                new ContractCase(
                        "ranges of two shards",
                        "0-" + new BigInteger(HALF).subtract(BigInteger.ONE) + " " + HALF + "-" + HashKey.MAX,
                        2,
                        s -> ranges(shards(s))),
                new ContractCase("listing page by page", "2 + 2 + 1 shards", 5, s -> {
                    var first =
                            s.client().listShards(b -> b.streamName(s.stream()).maxResults(2));
                    var second = s.client()
                            .listShards(b -> b.nextToken(first.nextToken()).maxResults(2));
                    var third = s.client()
                            .listShards(b -> b.nextToken(second.nextToken()).maxResults(2));
                    return first.shards().size() + " + " + second.shards().size() + " + "
                            + third.shards().size() + " shards" + (third.nextToken() == null ? "" : " and more");
                }),
                new ContractCase("ranges after a split", "0-99 100-" + HashKey.MAX, 1, s -> {
                    split(s, "100");
                    return ranges(shards(s).subList(1, 3));
                }),
                new ContractCase("parents after a split", FIRST + " " + FIRST, 1, s -> {
                    split(s, "100");
                    return shards(s).subList(1, 3).stream()
                            .map(Shard::parentShardId)
                            .collect(Collectors.joining(" "));
                }),
                new ContractCase(
                        "end of a split shard", "1 record, no next, children " + SECOND + " " + THIRD, 1, s -> {
                            ContractCases.put(s, "k", "x");
                            split(s, "100");
                            return end(s, FIRST);
                        }),
                new ContractCase("sequence numbers of a closed shard", "its records lie within", 1, s -> {
                    var put = ContractCases.hashed(s, "5");
                    split(s, "100");
                    var range = shards(s).get(0).sequenceNumberRange();
                    var number = new BigInteger(put.sequenceNumber());
                    boolean within = number.compareTo(new BigInteger(range.startingSequenceNumber())) > 0
                            && number.compareTo(new BigInteger(range.endingSequenceNumber())) <= 0;
                    return within ? "its records lie within" : "its records lie outside";
                }),
                new ContractCase("shard of a record after a split", THIRD, 1, s -> {
                    split(s, "100");
                    return ContractCases.hashed(s, "100").shardId();
                }),
                new ContractCase("merged shard", FIRST + " " + SECOND + ", 0-" + HashKey.MAX, 2, s -> {
                    merge(s, FIRST, SECOND);
                    Shard child = shards(s).get(2);
                    return child.parentShardId() + " " + child.adjacentParentShardId() + ", " + ranges(List.of(child));
                }),
                new ContractCase("end of a merged shard", "0 record, no next, children " + THIRD, 2, s -> {
                    merge(s, FIRST, SECOND);
                    return end(s, FIRST);
                }),
                fails("split at a shard's start", INVALID, s -> split(s, "0")),
                fails("merge of a shard with itself", INVALID, s -> merge(s, FIRST, FIRST)),
                new ContractCase(
                        "merge of shards that are not adjacent",
                        INVALID,
                        3,
                        s -> Clients.errorCode(() -> merge(s, FIRST, THIRD))),
                new ContractCase("split of a closed shard", ContractCases.SILENT, 1, s -> {
                    split(s, "100");
                    return Clients.errorCode(() -> split(s, "50"));
                }),
                new ContractCase("twice the shards", "2 to 4, then 4 open", 2, s -> {
                    var answer = s.client()
                            .updateShardCount(b ->
                                    b.streamName(s.stream()).targetShardCount(4).scalingType("UNIFORM_SCALING"));
                    active(s);
                    return answer.currentShardCount() + " to " + answer.targetShardCount() + ", then "
                            + filtered(s, ShardFilterType.AT_LATEST) + " open";
                }),
                fails(
                        "more than twice the shards",
                        INVALID,
                        s -> s.client()
                                .updateShardCount(b -> b.streamName(s.stream())
                                        .targetShardCount(5)
                                        .scalingType("UNIFORM_SCALING"))),
                fails("scaling an on-demand stream", "ValidationException", s -> {
                    s.client()
                            .updateStreamMode(b ->
                                    b.streamARN(arn(s)).streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)));
                    active(s);
                    s.client()
                            .updateShardCount(b ->
                                    b.streamName(s.stream()).targetShardCount(4).scalingType("UNIFORM_SCALING"));
                }),
                new ContractCase("shards at the latest record after a split", "2", 1, s -> {
                    split(s, "100");
                    return filtered(s, ShardFilterType.AT_LATEST);
                }),
                new ContractCase("shards at the trim horizon after a split", "1", 1, s -> {
                    split(s, "100");
                    return filtered(s, ShardFilterType.AT_TRIM_HORIZON);
                }),
                new ContractCase("shards from the trim horizon after a split", "3", 1, s -> {
                    split(s, "100");
                    return filtered(s, ShardFilterType.FROM_TRIM_HORIZON);
                }),
                new ContractCase("retention period", "48 then " + INVALID, 1, s -> {
                    s.client()
                            .increaseStreamRetentionPeriod(
                                    b -> b.streamName(s.stream()).retentionPeriodHours(48));
                    active(s);
                    int hours = s.client()
                            .describeStreamSummary(b -> b.streamName(s.stream()))
                            .streamDescriptionSummary()
                            .retentionPeriodHours();
                    return hours + " then "
                            + Clients.errorCode(() -> s.client()
                                    .decreaseStreamRetentionPeriod(
                                            b -> b.streamName(s.stream()).retentionPeriodHours(23)));
                }),
                new ContractCase("tags", "team=shop", 1, s -> {
                    s.client().addTagsToStream(b -> b.streamName(s.stream()).tags(Map.of("team", "shop")));
                    return s.client().listTagsForStream(b -> b.streamName(s.stream())).tags().stream()
                            .map(tag -> tag.key() + "=" + tag.value())
                            .collect(Collectors.joining(" "));
                }));
    }

    private static String arn(Side s) {
        return "arn:aws:kinesis:us-east-1:000000000000:stream/" + s.stream();
    }

    private static List<Shard> shards(Side s) {
        return s.client().listShards(b -> b.streamName(s.stream())).shards();
    }

    private static String ranges(List<Shard> shards) {
        return shards.stream()
                .map(shard -> shard.hashKeyRange().startingHashKey() + "-"
                        + shard.hashKeyRange().endingHashKey())
                .collect(Collectors.joining(" "));
    }

    private static String filtered(Side s, ShardFilterType type) {
        int found = s.client()
                .listShards(b -> b.streamName(s.stream()).shardFilter(f -> f.type(type)))
                .shards()
                .size();
        return Integer.toString(found);
    }

    private static void split(Side s, String at) {
        s.client().splitShard(b -> b.streamName(s.stream()).shardToSplit(FIRST).newStartingHashKey(at));
        active(s);
    }

    private static void merge(Side s, String shard, String adjacent) {
        s.client().mergeShards(b -> b.streamName(s.stream()).shardToMerge(shard).adjacentShardToMerge(adjacent));
        active(s);
    }

    static void active(Side s) {
        Await.until(
                "the stream to become ACTIVE",
                Duration.ofSeconds(10),
                () -> s.client()
                                .describeStreamSummary(b -> b.streamName(s.stream()))
                                .streamDescriptionSummary()
                                .streamStatus()
                        == StreamStatus.ACTIVE);
    }

    /** What a reader meets at the end of a closed shard. */
    private static String end(Side s, String shard) {
        String iterator = Clients.iterator(s.client(), s.stream(), shard, ShardIteratorType.TRIM_HORIZON);
        var got = s.client().getRecords(b -> b.shardIterator(iterator));
        int records = got.records().size();
        if (got.nextShardIterator() != null && got.childShards().isEmpty()) {
            String next = got.nextShardIterator();
            got = s.client().getRecords(b -> b.shardIterator(next));
        }
        String children = got.childShards().stream().map(ChildShard::shardId).collect(Collectors.joining(" "));
        return records + " record, " + (got.nextShardIterator() == null ? "no next" : "a next") + ", children "
                + children;
    }
}
