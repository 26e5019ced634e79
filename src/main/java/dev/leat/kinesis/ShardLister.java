package dev.leat.kinesis;

import dev.leat.PollerListener;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;

/**
 * Reads the ranges of a stream's open shards by ListShards. Asked only of a stream that has refused something, so that the
 * ordinary poller needs no right to; without it, shards are known by what the answers to PutRecords tell.
 */
final class ShardLister {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int MOST_PAGES = 100;

    /** At the earliest: when the stream refuses something again. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private static final String CONSEQUENCE =
            "limits are learned all the same, less exactly where a shard's range cuts a lane";

    private final KinesisClient client;
    private final Executor threads;
    private final PollerListener listener;
    private final AtomicBoolean noticed = new AtomicBoolean();

    ShardLister(KinesisClient client, Executor threads, PollerListener listener) {
        this.client = client;
        this.threads = threads;
        this.listener = listener;
    }

    ShardListing of(String stream) {
        return then -> threads.execute(() -> ask(stream, then));
    }

    private void ask(String stream, Consumer<ShardMap> then) {
        Map<String, BigInteger> starts = new HashMap<>();
        try {
            String next = null;
            for (int page = 0; page == 0 || next != null && page < MOST_PAGES; page++) {
                ListShardsResponse response = client.listShards(request(stream, next));
                response.shards()
                        .forEach(shard -> starts.put(
                                shard.shardId(),
                                new BigInteger(shard.hashKeyRange().startingHashKey())));
                next = response.nextToken();
            }
        } catch (RuntimeException e) {
            Failure failure = Failure.ofRequest(e);
            if (!failure.code().startsWith("AccessDenied")) {
                listener.upkeepFailed(
                        duty(stream), CONSEQUENCE, new IllegalStateException(failure.describe(), e), AGAIN);
            } else if (noticed.compareAndSet(false, true)) {
                listener.notice("The shards of " + stream + " could not be listed: " + failure.describe()
                        + ". Its limits are learned all the same, less exactly where a shard's range cuts a lane."
                        + " Allow kinesis:ListShards.");
            }
            return;
        }
        listener.upkeepDone(duty(stream));
        if (!starts.isEmpty()) {
            then.accept(new ShardMap(starts));
        }
    }

    private static String duty(String stream) {
        return "listing of the shards of " + stream;
    }

    private static ListShardsRequest request(String stream, @Nullable String next) {
        ListShardsRequest.Builder request = ListShardsRequest.builder()
                .overrideConfiguration(AwsRequestOverrideConfiguration.builder()
                        .apiCallTimeout(TIMEOUT)
                        .build());
        if (next != null) {
            return request.nextToken(next).build();
        }
        request.shardFilter(filter -> filter.type(ShardFilterType.AT_LATEST));
        return (PutRecordsClient.isArn(stream) ? request.streamARN(stream) : request.streamName(stream)).build();
    }
}
