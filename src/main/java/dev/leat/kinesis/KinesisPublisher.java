package dev.leat.kinesis;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.pipeline.Deadline;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.Publisher;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * Publishes to Kinesis Data Streams by PutRecords. This class puts the parts together. A record passes through them in this order:
 *
 * <pre>
 * claim → PendingRecords      one {@link RecordQueue} for each partition key or lane; {@link TruncateBarriers} between them
 *       → ReadyQueues         for each stream: the queues whose first record may be sent now
 *       → Collector           takes records up to the limits of a request, of a record and of each shard
 *       → RequestScheduler    decides which request is next, and what follows from its completion
 *       → PublishRun          hands requests to the sending threads until the claim is done or its time is over
 *       → PutRecordsClient    encodes a request, sends it, and waits for the answer
 * </pre>
 *
 * <p>All claims share what is learned of a stream ({@link StreamState}): its backoff, the backoff of its lanes, and the rate limit of its
 * shards. Several threads may publish at the same time, each a claim of its own. The client belongs to the caller and is not closed.
 */
public final class KinesisPublisher implements Publisher, AutoCloseable {

    /** When only rate limits hold records back, the next claim leaves their lanes out and may find others at once. */
    private static final Duration RETRY_AFTER_RATE_LIMIT = Duration.ofMillis(5);

    private final PublishSettings settings;
    private final PollerListener listener;
    private final LongSupplier clock;
    private final ExecutorService senders = Executors.newCachedThreadPool(daemonThreads());
    private final PutRecordsClient requests;
    private final RecordLimits recordLimits;
    private final Backoff.Policy backoffPolicy;
    private final ShardMap.Reader shardMaps;
    private final Map<String, StreamState> states = new ConcurrentHashMap<>();
    private final BackingOff backingOff = new SharedBackoffs();

    /**
     * @param client should not retry by itself, which would multiply the publisher's retries, and should have a connection for each request
     *     in flight; {@link KinesisClients} prepares such a client
     * @param nanoTime the clock, such as {@code System::nanoTime}
     * @param random from 0 (inclusive) to 1 (exclusive), for the jitter of retry delays
     */
    public KinesisPublisher(
            KinesisClient client,
            PublishSettings settings,
            PollerListener listener,
            LongSupplier nanoTime,
            DoubleSupplier random) {
        long origin = nanoTime.getAsLong();
        this.settings = settings;
        this.listener = listener;
        this.clock = () -> nanoTime.getAsLong() - origin;
        this.requests = new PutRecordsClient(client);
        this.recordLimits = RecordLimits.of(settings, client, listener, clock);
        this.backoffPolicy = new Backoff.Policy(settings.retryDelays(), random);
        this.shardMaps = new ShardMap.Reader(client, senders, listener);
    }

    /**
     * Returns before the deadline if all that is left must wait longer than the settings' patience. An interrupt also ends it: no further
     * request begins, those in flight are awaited, and the thread's interrupt status is set.
     */
    @Override
    public Published publish(List<StreamRecord> records, Deadline deadline) {
        PendingRecords pending = new PendingRecords(records, settings.aggregation(), this::stateOf);
        Collector collector = new Collector(pending, settings.requestLimits(), recordLimits);
        RequestScheduler scheduler = new RequestScheduler(pending, collector, listener);
        PublishRun run = new PublishRun(scheduler, requests, senders, deadline, clock, settings);
        List<Outcome> outcomes = run.run();
        return new Published(outcomes, retryAfter(scheduler, outcomes), backingOff);
    }

    private StreamState stateOf(String stream) {
        return states.computeIfAbsent(stream, name -> new StreamState(backoffPolicy, shardMaps.of(name)));
    }

    private Duration retryAfter(RequestScheduler scheduler, List<Outcome> outcomes) {
        boolean nothingDone = !outcomes.isEmpty() && outcomes.stream().allMatch(Outcome.TryLater.class::isInstance);
        if (!nothingDone) {
            return Duration.ZERO;
        }
        long now = clock.getAsLong();
        Duration wait = Duration.ofNanos(Math.max(0, scheduler.retryAt() - now));
        if (scheduler.isRateLimited(now)) {
            return shorter(wait, RETRY_AFTER_RATE_LIMIT);
        }
        // The next claim may hold events for another stream, so a long wait is right only if all streams back off.
        boolean allBackOff =
                states.values().stream().allMatch(state -> state.backoff().until() > now);
        return allBackOff ? wait : shorter(wait, settings.patience());
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Reads what all claims share. */
    private final class SharedBackoffs implements BackingOff {

        @Override
        public Set<String> streams() {
            long now = clock.getAsLong();
            Set<String> streams = new HashSet<>();
            states.forEach((stream, state) -> {
                if (state.backoff().until() > now) {
                    streams.add(stream);
                }
            });
            return streams;
        }

        @Override
        public Lanes lanes() {
            long now = clock.getAsLong();
            Lanes lanes = Lanes.ALL;
            boolean any = false;
            for (StreamState state : states.values()) {
                if (state.answeredLately(now) && state.backoff().until() <= now) {
                    lanes = lanes.and(state.shards().exhaustedLanes(now));
                    any = true;
                }
            }
            return any ? lanes : Lanes.NONE;
        }
    }

    private static ThreadFactory daemonThreads() {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, "leat-publish-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Ends the sending threads. A request in flight is cut off and counts as one whose answer was lost. */
    @Override
    public void close() {
        senders.shutdownNow();
    }
}
