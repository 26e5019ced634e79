package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;

import dev.leat.localstream.ContractCase.Probe;
import dev.leat.localstream.ContractCase.Side;
import dev.leat.testkit.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamMode;

/** All cases of the contract. Here are those about reading and describing. */
final class ContractCases {

    static final String FIRST = "shardId-000000000000";
    static final String SECOND = "shardId-000000000001";

    /** The documented answer where the documentation does not say. */
    static final String SILENT = "not documented";

    static final String NOT_FOUND = "ResourceNotFoundException";
    static final String VALIDATION = "ValidationException";
    static final String INVALID = "InvalidArgumentException";

    private ContractCases() {}

    static Stream<ContractCase> all() {
        return Stream.of(ContractPutCases.all(), gets(), streams(), ContractShardCases.all())
                .flatMap(List::stream);
    }

    static ContractCase fails(String name, String code, Consumer<Side> call) {
        return new ContractCase(name, code, 2, side -> errorCode(() -> call.accept(side)));
    }

    static ContractCase asks(String name, String documented, Probe probe) {
        return new ContractCase(name, documented, 2, probe);
    }

    private static List<ContractCase> gets() {
        return List.of(
                asks("iterators", "trim b c; at b c; after c; time c", s -> {
                    put(s, "k", "b");
                    String start =
                            Clients.iterator(s.client(), s.stream(), halfOf("k"), ShardIteratorType.TRIM_HORIZON);
                    Record first = s.client()
                            .getRecords(b -> b.shardIterator(start))
                            .records()
                            .get(0);
                    Instant before = first.approximateArrivalTimestamp().plusMillis(1);
                    Await.until(
                            "a later millisecond",
                            Duration.ofSeconds(1),
                            () -> Instant.now().isAfter(before.plusMillis(2)));
                    put(s, "k", "c");
                    String number = first.sequenceNumber();
                    return String.join(
                            "; ",
                            "trim" + read(s, i -> i.shardIteratorType("TRIM_HORIZON")),
                            "at"
                                    + read(
                                            s,
                                            i -> i.shardIteratorType("AT_SEQUENCE_NUMBER")
                                                    .startingSequenceNumber(number)),
                            "after"
                                    + read(
                                            s,
                                            i -> i.shardIteratorType("AFTER_SEQUENCE_NUMBER")
                                                    .startingSequenceNumber(number)),
                            "time"
                                    + read(
                                            s,
                                            i -> i.shardIteratorType("AT_TIMESTAMP")
                                                    .timestamp(before)));
                }),
                asks("iterator at the latest record", "latest", s -> {
                    put(s, "k", "b");
                    return "latest" + read(s, i -> i.shardIteratorType("LATEST"));
                }),
                asks("limit of a read", "2 then 1, behind 0", s -> {
                    List.of("a", "b", "c").forEach(data -> put(s, "k", data));
                    String iterator =
                            Clients.iterator(s.client(), s.stream(), halfOf("k"), ShardIteratorType.TRIM_HORIZON);
                    var first =
                            s.client().getRecords(b -> b.shardIterator(iterator).limit(2));
                    var second = s.client().getRecords(b -> b.shardIterator(first.nextShardIterator()));
                    return first.records().size() + " then " + second.records().size() + ", behind "
                            + second.millisBehindLatest();
                }),
                fails(
                        "iterator of an unknown shard",
                        NOT_FOUND,
                        s -> Clients.iterator(
                                s.client(), s.stream(), "shardId-000000000009", ShardIteratorType.LATEST)),
                fails(
                        "iterator without a sequence number",
                        INVALID,
                        s -> Clients.iterator(s.client(), s.stream(), FIRST, ShardIteratorType.AT_SEQUENCE_NUMBER)),
                fails("iterator at another shard's sequence number", INVALID, s -> {
                    String number = hashed(s, HashKey.MAX.toString()).sequenceNumber();
                    s.client()
                            .getShardIterator(b -> b.streamName(s.stream())
                                    .shardId(FIRST)
                                    .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                                    .startingSequenceNumber(number));
                }),
                fails(
                        "iterator in the future",
                        SILENT,
                        s -> s.client()
                                .getShardIterator(b -> b.streamName(s.stream())
                                        .shardId(FIRST)
                                        .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                                        .timestamp(Instant.now().plusSeconds(3_600)))),
                fails("iterator made up", INVALID, s -> s.client().getRecords(b -> b.shardIterator("made up"))),
                fails(
                        "read limit of 10,001",
                        INVALID,
                        s -> s.client()
                                .getRecords(b -> b.shardIterator(Clients.iterator(
                                                s.client(), s.stream(), FIRST, ShardIteratorType.LATEST))
                                        .limit(10_001))));
    }

    private static List<ContractCase> streams() {
        return List.of(
                asks("description", "ACTIVE PROVISIONED, 2 shards, 24 hours, 1024 KiB", s -> {
                    var d = s.client()
                            .describeStreamSummary(b -> b.streamName(s.stream()))
                            .streamDescriptionSummary();
                    return d.streamStatus() + " " + d.streamModeDetails().streamMode() + ", " + d.openShardCount()
                            + " shards, " + d.retentionPeriodHours() + " hours, " + d.maxRecordSizeInKiB() + " KiB";
                }),
                asks("stream by ARN", "the same stream", s -> {
                    String arn = s.client()
                            .describeStreamSummary(b -> b.streamName(s.stream()))
                            .streamDescriptionSummary()
                            .streamARN();
                    s.client().putRecord(b -> b.streamARN(arn).partitionKey("k").data(SdkBytes.fromUtf8String("x")));
                    int found =
                            Clients.readAll(s.client(), s.stream(), halfOf("k")).size();
                    return found == 1 ? "the same stream" : "another stream";
                }),
                fails(
                        "describe an unknown stream",
                        NOT_FOUND,
                        s -> s.client().describeStream(b -> b.streamName("nope"))),
                fails("neither name nor ARN", INVALID, s -> s.client().describeStream(b -> {})),
                fails(
                        "create a stream that exists",
                        "ResourceInUseException",
                        s -> s.client()
                                .createStream(b -> b.streamName(s.stream()).shardCount(1))),
                fails(
                        "create a stream without shards",
                        VALIDATION,
                        s -> s.client()
                                .createStream(
                                        b -> b.streamName(s.stream() + "-none").shardCount(0))),
                asks("on-demand stream", "ON_DEMAND, 4 shards", s -> {
                    String name = s.stream() + "-demand";
                    s.client()
                            .createStream(
                                    b -> b.streamName(name).streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)));
                    var d = s.client()
                            .describeStreamSummary(b -> b.streamName(name))
                            .streamDescriptionSummary();
                    return d.streamModeDetails().streamMode() + ", " + d.openShardCount() + " shards";
                }),
                asks("deleted stream", NOT_FOUND, s -> {
                    s.client().deleteStream(b -> b.streamName(s.stream()));
                    Probe describe =
                            side -> errorCode(() -> side.client().describeStream(b -> b.streamName(side.stream())));
                    Await.until(
                            "the stream to go",
                            Duration.ofSeconds(5),
                            () -> !describe.ask(s).equals("none"));
                    return describe.ask(s);
                }),
                asks("unsigned request", "refused", s -> {
                    var answer = Clients.post(s.endpoint(), "ListStreams", "application/x-amz-json-1.1", "{}");
                    return answer.statusCode() == 200 ? "answered" : "refused";
                }),
                asks("error in JSON", "400 ResourceNotFoundException", s -> {
                    var answer = Clients.postJson(s.endpoint(), "DescribeStream", "{\"StreamName\":\"nope\"}");
                    String code = answer.body().replaceFirst(".*\"__type\"\\s*:\\s*\"([^\"]*)\".*", "$1");
                    return answer.statusCode() + " " + code;
                }));
    }

    static PutRecordResponse hashed(Side s, String hashKey) {
        return s.client()
                .putRecord(b -> b.streamName(s.stream())
                        .partitionKey("k")
                        .explicitHashKey(hashKey)
                        .data(SdkBytes.fromUtf8String("x")));
    }

    static void put(Side s, String key, String data) {
        s.client().putRecord(b -> b.streamName(s.stream()).partitionKey(key).data(SdkBytes.fromUtf8String(data)));
    }

    private static String read(Side s, Consumer<GetShardIteratorRequest.Builder> from) {
        String iterator = s.client()
                .getShardIterator(b -> from.accept(b.streamName(s.stream()).shardId(halfOf("k"))))
                .shardIterator();
        return texts(s.client().getRecords(b -> b.shardIterator(iterator)).records()).stream()
                .map(text -> " " + text)
                .collect(Collectors.joining());
    }

    static List<String> texts(List<Record> records) {
        return records.stream().map(r -> r.data().asUtf8String()).toList();
    }

    /** Which of two even shards a key falls into: the first bit of its MD5. */
    static String halfOf(String key) {
        return HashKey.ofPartitionKey(key, HashKey.md5()).high() >= 0 ? FIRST : SECOND;
    }
}
