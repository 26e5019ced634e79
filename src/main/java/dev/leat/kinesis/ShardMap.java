package dev.leat.kinesis;

import dev.leat.PollerListener;
import dev.leat.pipeline.Lanes;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
 * The open shards of a stream by the hash keys where they begin. Lanes are the 64 equal parts of the hash space, so most shards hold
 * whole lanes. Where a shard's boundary cuts a lane, the hash of a record decides. Only the upper 64 bits of hash keys are compared, so
 * a record within 2^64 of a boundary may be counted for the neighbouring shard. Immutable.
 */
final class ShardMap {

    private final TreeMap<Long, String> byStart = new TreeMap<>(Long::compareUnsigned);
    private final List<List<String>> byLane = new ArrayList<>(Lanes.COUNT);

    /**
     * @param starts the first hash key of each shard's range, by shard
     */
    ShardMap(Map<String, BigInteger> starts) {
        starts.forEach((shard, start) -> byStart.put(upper(start), shard));
        for (int lane = 0; lane < Lanes.COUNT; lane++) {
            byLane.add(List.copyOf(find(lane)));
        }
    }

    /** Where the map of a stream's shards can be asked for. */
    interface Source {

        /** Never answers. */
        Source NONE = then -> {};

        /** Asks without waiting. Another thread hands on the answer, if one comes. */
        void ask(Consumer<ShardMap> then);
    }

    /**
     * Reads shard maps by ListShards. Only a stream that has throttled something is asked. So an ordinary poller does not need the right to
     * list shards; without it, the answers of PutRecords tell which shards there are.
     */
    static final class Reader {

        private static final Duration TIMEOUT = Duration.ofSeconds(2);
        private static final int MOST_PAGES = 100;

        /** The earliest time after a failure. The next attempt follows when the stream throttles again. */
        private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

        private static final String CONSEQUENCE =
                "the limits of its shards are still learned, less exactly where a shard's boundary cuts a lane";

        private final KinesisClient client;
        private final Executor threads;
        private final PollerListener listener;
        private final AtomicBoolean noticed = new AtomicBoolean();

        Reader(KinesisClient client, Executor threads, PollerListener listener) {
            this.client = client;
            this.threads = threads;
            this.listener = listener;
        }

        Source of(String stream) {
            return then -> threads.execute(() -> read(stream, then));
        }

        private void read(String stream, Consumer<ShardMap> then) {
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
                            duty(stream), CONSEQUENCE, new IllegalStateException(failure.describe(), e), RETRY_AFTER);
                } else if (noticed.compareAndSet(false, true)) {
                    listener.notice("The shards of " + stream + " could not be listed: " + failure.describe()
                            + ". The limits of its shards are still learned, less exactly where a shard's boundary cuts a"
                            + " lane. Allow kinesis:ListShards.");
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

    boolean has(String shard) {
        return byStart.containsValue(shard);
    }

    /** The shards of a lane, one or several; none if the map does not cover the lane. */
    List<String> ofLane(int lane) {
        return byLane.get(lane);
    }

    private List<String> find(int lane) {
        long first = (long) lane << 58;
        Map.Entry<Long, String> holder = byStart.floorEntry(first);
        List<String> shards = new ArrayList<>();
        if (holder != null) {
            shards.add(holder.getValue());
        }
        shards.addAll(byStart.subMap(first, false, first + (1L << 58) - 1, true).values());
        return shards;
    }

    /** The shard of an entry by its hash. */
    String of(RequestEntry entry) {
        String explicit = entry.explicitHashKey();
        long hash = explicit == null ? md5(entry.partitionKey()) : upper(new BigInteger(explicit));
        Map.Entry<Long, String> holder = byStart.floorEntry(hash);
        return holder == null ? byStart.firstEntry().getValue() : holder.getValue();
    }

    private static long upper(BigInteger hash) {
        return hash.shiftRight(64).longValue();
    }

    private static long md5(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
