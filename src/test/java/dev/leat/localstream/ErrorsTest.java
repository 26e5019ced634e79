package dev.leat.localstream;

import static dev.leat.localstream.Clients.errorCode;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

class ErrorsTest {

    private static final String FIRST = "shardId-000000000000";
    private static final ManualClock CLOCK = new ManualClock();
    private static LocalStream stream;
    private static KinesisClient client;

    @BeforeAll
    static void start() {
        stream = LocalStream.start(
                0, LocalStreamOptions.defaults().withClock(CLOCK).withShardLimit(20));
        client = Clients.of(stream.endpoint());
        stream.createStream("s", 2);
        client.createStream(b -> b.streamName("demand").streamModeDetails(m -> m.streamMode("ON_DEMAND")));
    }

    @AfterAll
    static void stop() {
        client.close();
        stream.close();
    }

    static Arguments fails(String code, String what, Consumer<KinesisClient> call) {
        return Arguments.of(code, what, call);
    }

    static Stream<Arguments> failures() {
        String validation = "ValidationException";
        String invalid = "InvalidArgumentException";
        String notFound = "ResourceNotFoundException";
        return Stream.of(
                fails(notFound, "unknown stream", c -> put(c, "nope", "key", new byte[1])),
                fails(notFound, "unknown stream described", c -> c.describeStream(b -> b.streamName("nope"))),
                fails(notFound, "unknown ARN", c -> c.listShards(b -> b.streamARN(arn("nope")))),
                fails(notFound, "unknown shard", c -> iterator(c, "shardId-000000000099", "LATEST", null)),
                fails(
                        notFound,
                        "unknown shard split",
                        c -> c.splitShard(b -> b.streamName("s")
                                .shardToSplit("shardId-000000000099")
                                .newStartingHashKey("5"))),
                fails(invalid, "neither name nor ARN", c -> c.describeStream(b -> {})),
                fails(
                        invalid,
                        "name and ARN differ",
                        c -> c.describeStream(b -> b.streamName("s").streamARN(arn("demand")))),
                fails(validation, "no ARN of a stream", c -> c.describeStream(b -> b.streamARN("arn:aws:s3:::bucket"))),
                fails(validation, "stream name with a blank", c -> c.describeStream(b -> b.streamName("a b"))),
                fails(
                        "ResourceInUseException",
                        "stream exists",
                        c -> c.createStream(b -> b.streamName("s").shardCount(1))),
                fails(
                        "LimitExceededException",
                        "more shards than the account may have",
                        c -> c.createStream(b -> b.streamName("t").shardCount(15))),
                fails(validation, "no shard count", c -> c.createStream(b -> b.streamName("t"))),
                fails(
                        validation,
                        "no shards",
                        c -> c.createStream(b -> b.streamName("t").shardCount(0))),
                fails(
                        validation,
                        "largest record too large",
                        c -> c.createStream(b -> b.streamName("t").shardCount(1).maxRecordSizeInKiB(10_241))),
                fails(validation, "empty partition key", c -> put(c, "s", "", new byte[1])),
                fails(validation, "partition key of 257 characters", c -> put(c, "s", "k".repeat(257), new byte[1])),
                fails(validation, "data over 10 MiB", c -> put(c, "s", "k", new byte[(10 << 20) + 1])),
                fails(invalid, "record over the stream's maximum", c -> put(c, "s", "k", new byte[1 << 20])),
                fails(validation, "hash key with a leading zero", c -> hashed(c, "012")),
                fails(validation, "hash key that is no number", c -> hashed(c, "-1")),
                fails(invalid, "hash key of 2^128", c -> hashed(c, "340282366920938463463374607431768211456")),
                fails(
                        validation,
                        "501 entries",
                        c -> c.putRecords(b -> b.streamName("s").records(Clients.entries("k", 501)))),
                fails(
                        validation,
                        "no entries",
                        c -> c.putRecords(b -> b.streamName("s").records(List.of()))),
                fails(
                        invalid,
                        "entries over 10 MiB",
                        c -> c.putRecords(b -> b.streamName("s").records(large(11)))),
                fails(validation, "unknown type of iterator", c -> iterator(c, FIRST, "MIDDLE", null)),
                fails(invalid, "iterator without a number", c -> iterator(c, FIRST, "AT_SEQUENCE_NUMBER", null)),
                fails(
                        invalid,
                        "iterator at no number of the shard",
                        c -> iterator(c, FIRST, "AT_SEQUENCE_NUMBER", "7")),
                fails(validation, "iterator at no number", c -> iterator(c, FIRST, "AT_SEQUENCE_NUMBER", "x")),
                fails(invalid, "iterator without a time", c -> iterator(c, FIRST, "AT_TIMESTAMP", null)),
                fails(
                        invalid,
                        "iterator in the future",
                        c -> c.getShardIterator(b -> b.streamName("s")
                                .shardId(FIRST)
                                .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                                .timestamp(CLOCK.instant().plusSeconds(1)))),
                fails(invalid, "iterator made up", c -> c.getRecords(b -> b.shardIterator("made up"))),
                fails(invalid, "iterator of other parts", c -> c.getRecords(b -> b.shardIterator("YXxi"))),
                fails(
                        invalid,
                        "limit over 10,000",
                        c -> c.getRecords(b -> b.shardIterator("x").limit(10_001))),
                fails(
                        invalid,
                        "split at the shard's start",
                        c -> c.splitShard(
                                b -> b.streamName("s").shardToSplit(FIRST).newStartingHashKey("0"))),
                fails(
                        invalid,
                        "split in another shard",
                        c -> c.splitShard(b -> b.streamName("s")
                                .shardToSplit(FIRST)
                                .newStartingHashKey("340282366920938463463374607431768211455"))),
                fails(
                        invalid,
                        "merge with itself",
                        c -> c.mergeShards(
                                b -> b.streamName("s").shardToMerge(FIRST).adjacentShardToMerge(FIRST))),
                fails(invalid, "more than double", c -> scale(c, "s", 5)),
                fails(validation, "on-demand scaled by hand", c -> scale(c, "demand", 8)),
                fails(
                        invalid,
                        "retention of 23 hours",
                        c -> c.decreaseStreamRetentionPeriod(
                                b -> b.streamName("s").retentionPeriodHours(23))),
                fails(
                        invalid,
                        "retention increased to less",
                        c -> c.increaseStreamRetentionPeriod(
                                b -> b.streamName("s").retentionPeriodHours(12))),
                fails(
                        validation,
                        "unknown filter",
                        c -> c.listShards(b -> b.streamName("s").shardFilter(f -> f.type("OPEN")))),
                fails(
                        invalid,
                        "filter without its time",
                        c -> c.listShards(
                                b -> b.streamName("s").shardFilter(f -> f.type(ShardFilterType.AT_TIMESTAMP)))),
                fails(invalid, "token made up", c -> c.listShards(b -> b.nextToken("made up"))),
                fails(
                        "UnknownOperationException",
                        "operation that is not offered",
                        c -> c.listStreamConsumers(b -> b.streamARN(arn("s")))));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("failures")
    void anErrorCarriesTheServicesCodeAndStatus400(String code, String what, Consumer<KinesisClient> call) {
        assertThatThrownBy(() -> call.accept(client)).as(what).isInstanceOfSatisfying(KinesisException.class, e -> {
            assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
            assertThat(e.statusCode()).isEqualTo(400);
            assertThat(e.awsErrorDetails().errorMessage()).isNotBlank();
        });
    }

    @Test
    void nothingOfARefusedRequestIsApplied() {
        List<PutRecordsRequestEntry> oneBad = List.of(Clients.entry("good", "1"), Clients.entry("", "2"));
        assertThat(errorCode(() -> client.putRecords(b -> b.streamName("s").records(oneBad))))
                .isEqualTo("ValidationException");
        assertThat(stream.recordCount("s")).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/x-amz-json-1.1 | no json | SerializationException",
                "application/x-amz-json-1.1 | [] | SerializationException",
                "application/x-amz-json-1.1 | {\"StreamName\": 5} | SerializationException",
                "application/x-amz-json-1.1 | {\"StreamName\": \"nope\"} | ResourceNotFoundException",
                "application/x-amz-json-1.1 | {} | InvalidArgumentException",
                "text/plain | {} | SerializationException"
            })
    void aRawRequestIsAnsweredInJsonWithType(String contentType, String body, String code) {
        HttpResponse<String> answer = Clients.post(stream.endpoint(), "DescribeStream", contentType, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-amz-json-1.1");
        assertThat(answer.headers().firstValue("x-amzn-RequestId")).isPresent();
        assertThat(answer.body()).startsWith("{\"__type\":\"" + code + "\",\"message\":\"");
    }

    private static void put(KinesisClient c, String stream, String key, byte[] data) {
        c.putRecord(b -> b.streamName(stream).partitionKey(key).data(SdkBytes.fromByteArray(data)));
    }

    private static void hashed(KinesisClient c, String hashKey) {
        c.putRecord(b ->
                b.streamName("s").partitionKey("k").explicitHashKey(hashKey).data(SdkBytes.fromUtf8String("x")));
    }

    private static List<PutRecordsRequestEntry> large(int count) {
        return Collections.nCopies(
                count,
                PutRecordsRequestEntry.builder()
                        .partitionKey("k")
                        .data(SdkBytes.fromByteArray(new byte[1_000_000]))
                        .build());
    }

    private static void iterator(KinesisClient c, String shard, String type, @Nullable String number) {
        c.getShardIterator(
                b -> b.streamName("s").shardId(shard).shardIteratorType(type).startingSequenceNumber(number));
    }

    private static void scale(KinesisClient c, String name, int target) {
        c.updateShardCount(b -> b.streamName(name).targetShardCount(target).scalingType("UNIFORM_SCALING"));
    }

    private static String arn(String name) {
        return "arn:aws:kinesis:us-east-1:000000000000:stream/" + name;
    }
}
