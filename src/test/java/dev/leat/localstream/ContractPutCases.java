package dev.leat.localstream;

import static dev.leat.localstream.ContractCases.FIRST;
import static dev.leat.localstream.ContractCases.INVALID;
import static dev.leat.localstream.ContractCases.NOT_FOUND;
import static dev.leat.localstream.ContractCases.SECOND;
import static dev.leat.localstream.ContractCases.VALIDATION;
import static dev.leat.localstream.ContractCases.asks;
import static dev.leat.localstream.ContractCases.fails;
import static dev.leat.localstream.ContractCases.halfOf;
import static dev.leat.localstream.ContractCases.hashed;
import static dev.leat.localstream.ContractCases.put;
import static dev.leat.localstream.ContractCases.texts;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.Record;

/** The cases about putting records. */
final class ContractPutCases {

    private ContractPutCases() {}

    static List<ContractCase> all() {
        return List.of(
                asks("record there and back", "key ü: bytes 0 255 128", s -> {
                    var put = s.client()
                            .putRecord(b -> b.streamName(s.stream())
                                    .partitionKey("ü")
                                    .data(SdkBytes.fromByteArray(new byte[] {0, -1, -128})));
                    Record got = Clients.readAll(s.client(), s.stream(), put.shardId())
                            .get(0);
                    byte[] data = got.data().asByteArray();
                    return "key " + got.partitionKey() + ": bytes " + (data[0] & 255) + " " + (data[1] & 255) + " "
                            + (data[2] & 255);
                }),
                asks("order of one key's records", "in order, sequence numbers rising", s -> {
                    List<PutRecordsRequestEntry> entries = new ArrayList<>();
                    for (int i = 0; i < 50; i++) {
                        entries.add(Clients.entry("k", Integer.toString(i)));
                    }
                    var put =
                            s.client().putRecords(b -> b.streamName(s.stream()).records(entries));
                    List<String> read = texts(Clients.readAll(
                            s.client(), s.stream(), put.records().get(0).shardId()));
                    boolean inOrder = read.equals(
                            entries.stream().map(e -> e.data().asUtf8String()).toList());
                    return (inOrder ? "in order" : "out of order") + ", sequence numbers "
                            + (rising(put.records()) ? "rising" : "not rising");
                }),
                asks("shard by MD5 of the key", "0 astray", s -> {
                    var put =
                            s.client().putRecords(b -> b.streamName(s.stream()).records(Clients.entries("k", 100)));
                    long astray = IntStream.range(0, 100)
                            .filter(i -> !put.records().get(i).shardId().equals(halfOf("k" + i)))
                            .count();
                    return astray + " astray";
                }),
                asks(
                        "shard by explicit hash key",
                        FIRST + " " + SECOND,
                        s -> hashed(s, "1").shardId() + " "
                                + hashed(s, HashKey.MAX.toString()).shardId()),
                fails(
                        "put to an unknown stream",
                        NOT_FOUND,
                        s -> s.client()
                                .putRecord(b ->
                                        b.streamName("nope").partitionKey("k").data(SdkBytes.fromUtf8String("x")))),
                fails("empty partition key", VALIDATION, s -> put(s, "", "x")),
                fails("partition key of 257 characters", VALIDATION, s -> put(s, "k".repeat(257), "x")),
                fails(
                        "partition key of 256 characters outside the BMP",
                        "none",
                        s -> put(s, "\uD83D\uDD11".repeat(256), "x")),
                fails("hash key with a leading zero", VALIDATION, s -> hashed(s, "012")),
                fails("hash key of 2^128", INVALID, s -> hashed(s, HashKey.SPACE.toString())),
                fails(
                        "no entries",
                        VALIDATION,
                        s -> s.client().putRecords(b -> b.streamName(s.stream()).records(List.of()))),
                fails(
                        "501 entries",
                        VALIDATION,
                        s -> s.client().putRecords(b -> b.streamName(s.stream()).records(Clients.entries("k", 501)))),
                fails("record over the stream's maximum", INVALID, s -> put(s, "k", "x".repeat(1 << 20))),
                fails(
                        "request over 10 MiB",
                        INVALID,
                        s -> s.client()
                                .putRecords(b -> b.streamName(s.stream())
                                        .records(Collections.nCopies(11, Clients.entry("k", "x".repeat(1_000_000)))))),
                asks("1,200 records into one shard at once", "throttled beyond 1,000", s -> {
                    int failed = 0;
                    for (int i = 0; i < 3; i++) {
                        List<PutRecordsRequestEntry> entries = Collections.nCopies(400, Clients.entry("k", "x"));
                        var put = s.client()
                                .putRecords(b -> b.streamName(s.stream()).records(entries));
                        failed += put.failedRecordCount();
                    }
                    return failed > 0 ? "throttled beyond 1,000" : "all taken";
                }));
    }

    private static boolean rising(List<PutRecordsResultEntry> entries) {
        List<BigInteger> numbers =
                entries.stream().map(e -> new BigInteger(e.sequenceNumber())).toList();
        return numbers.equals(numbers.stream().sorted().distinct().toList());
    }
}
