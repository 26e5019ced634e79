package dev.leat.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads a stream from its beginning by the real SDK: all shards in turn on one thread, and the children of a shard only after the shard
 * was read to its end.
 */
public final class StreamReader implements AutoCloseable {

    private final KinesisClient kinesis;
    private final String stream;
    private final Consumer<Record> consumer;
    private final Duration pause;
    private final Map<String, String> iterators = new LinkedHashMap<>();
    private final Set<String> ended = new HashSet<>();
    private final Thread thread = new Thread(this::read, "stream-reader");
    private volatile boolean closing;
    private volatile @Nullable RuntimeException failure;

    /**
     * @param consumer called on the reader's thread, for each shard in its order
     * @param pause how long to wait if no shard had new records
     */
    public StreamReader(KinesisClient kinesis, String stream, Duration pause, Consumer<Record> consumer) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.pause = pause;
        this.consumer = consumer;
        thread.setDaemon(true);
    }

    public void start() {
        List<Shard> shards =
                kinesis.listShards(request -> request.streamName(stream)).shards();
        Set<String> known = new HashSet<>();
        shards.forEach(shard -> known.add(shard.shardId()));
        for (Shard shard : shards) {
            if (shard.parentShardId() == null || !known.contains(shard.parentShardId())) {
                open(shard.shardId());
            }
        }
        thread.start();
    }

    private void open(String shardId) {
        String iterator = kinesis.getShardIterator(request ->
                        request.streamName(stream).shardId(shardId).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                .shardIterator();
        iterators.put(shardId, iterator);
    }

    private void read() {
        try {
            while (!closing) {
                boolean any = false;
                for (String shardId : new ArrayList<>(iterators.keySet())) {
                    any |= read(shardId);
                }
                if (!any) {
                    TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                }
            }
        } catch (InterruptedException e) {
            // close() has interrupted it.
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!closing) {
                failure = e;
            }
        }
    }

    private boolean read(String shardId) {
        String iterator = iterators.get(shardId);
        GetRecordsResponse response = kinesis.getRecords(request -> request.shardIterator(iterator));
        response.records().forEach(consumer);
        if (response.nextShardIterator() == null) {
            iterators.remove(shardId);
            ended.add(shardId);
            response.childShards().forEach(this::openChild);
        } else {
            iterators.put(shardId, response.nextShardIterator());
        }
        return !response.records().isEmpty();
    }

    private void openChild(ChildShard child) {
        if (ended.containsAll(child.parentShards()) && !iterators.containsKey(child.shardId())) {
            open(child.shardId());
        }
    }

    /**
     * Does nothing unless reading has failed.
     *
     * @throws RuntimeException the exception of the consumer or of the stream
     */
    public void check() {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
