package dev.leat.localstream;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.KinesisClientBuilder;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** SDK clients without retries, raw requests, and frequent queries of tests. */
final class Clients {

    private Clients() {}

    static KinesisClient of(URI endpoint) {
        return builder(endpoint).build();
    }

    /** A client that notes the content types it sends. */
    static KinesisClient watched(URI endpoint, Set<String> contentTypes) {
        ExecutionInterceptor watch = new ExecutionInterceptor() {
            @Override
            public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
                context.httpRequest().firstMatchingHeader("Content-Type").ifPresent(contentTypes::add);
            }
        };
        return builder(endpoint)
                .overrideConfiguration(o -> o.addExecutionInterceptor(watch))
                .build();
    }

    private static KinesisClientBuilder builder(URI endpoint) {
        return KinesisClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local")))
                .httpClientBuilder(Apache5HttpClient.builder().socketTimeout(Duration.ofSeconds(20)))
                .overrideConfiguration(
                        o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()).apiCallTimeout(Duration.ofSeconds(30)));
    }

    /** Posts a raw request, as a client without an SDK would. */
    static HttpResponse<String> post(URI endpoint, String operation, String contentType, String body) {
        return send(request(endpoint, operation, contentType, body).build());
    }

    /** The same in JSON, with the headers of a signature. */
    static HttpResponse<String> postJson(URI endpoint, String operation, String body) {
        return send(request(endpoint, operation, "application/x-amz-json-1.1", body)
                .header("X-Amz-Date", "20260101T000000Z")
                .header(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/kinesis/aws4_request, "
                                + "SignedHeaders=host;x-amz-date, Signature=00")
                .build());
    }

    private static HttpRequest.Builder request(URI endpoint, String operation, String contentType, String body) {
        return HttpRequest.newBuilder(endpoint)
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", contentType)
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            // Not every endpoint answers a request that asks for HTTP/2 by upgrade.
            HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static PutRecordsRequestEntry entry(String partitionKey, String data) {
        return PutRecordsRequestEntry.builder()
                .partitionKey(partitionKey)
                .data(SdkBytes.fromUtf8String(data))
                .build();
    }

    /** Entries {@code prefix0}, {@code prefix1}, … whose data is their key. */
    static List<PutRecordsRequestEntry> entries(String prefix, int count) {
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(entry(prefix + i, prefix + i));
        }
        return entries;
    }

    static String iterator(KinesisClient client, String stream, String shardId, ShardIteratorType type) {
        return client.getShardIterator(
                        b -> b.streamName(stream).shardId(shardId).shardIteratorType(type))
                .shardIterator();
    }

    /** Everything in a shard from its trim horizon to its end or to the tip. */
    static List<Record> readAll(KinesisClient client, String stream, String shardId) {
        List<Record> records = new ArrayList<>();
        String next = iterator(client, stream, shardId, ShardIteratorType.TRIM_HORIZON);
        while (next != null) {
            String iterator = next;
            var got = client.getRecords(b -> b.shardIterator(iterator));
            records.addAll(got.records());
            next = got.records().isEmpty() ? null : got.nextShardIterator();
        }
        return records;
    }

    /** The code of the service's error that the call ends in, or "none". */
    static String errorCode(Runnable call) {
        try {
            call.run();
            return "none";
        } catch (KinesisException e) {
            String code = e.awsErrorDetails().errorCode();
            return code == null ? "no code" : code;
        }
    }
}
