package dev.leat.kinesis;

import dev.leat.Deadline;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.Publisher;
import dev.leat.StreamRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/**
 * Publishes to Kinesis Data Streams by PutRecordsClient. Claims may be published at the same time on several threads, each with a
 * {@link #forWorker() publisher of its own}; they share the requests in flight, and what is learned of a stream's trouble, which is remembered for later claims too. The
 * client is the caller's, and is not closed.
 */
public final class KinesisPublisher implements AutoCloseable {

    private static final Duration PACED_REST = Duration.ofMillis(5);

    private final PublishSettings settings;
    private final PollerListener listener;
    private final LongSupplier clock;
    private final PutRecordsClient requests;
    private final StreamLimits streamLimits;
    private final ShardLister lister;
    private final RetryPolicy policy;
    private final ExecutorService threads;
    private final Map<String, StreamState> paces = new ConcurrentHashMap<>();

    /**
     * @param client best without retries of its own, which would multiply the publisher's, and with a connection for each
     *     request in flight
     * @param nanoTime the clock, such as {@code System::nanoTime}
     * @param random from 0 (inclusive) to 1 (exclusive), for the jitter of pauses
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
        this.streamLimits = new StreamLimits(client, listener);
        this.policy = new RetryPolicy(settings.retryDelays(), random);
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "leat-publish-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        this.lister = new ShardLister(client, threads, listener);
    }

    /** For use by one thread: what it advises follows from its own last claim. */
    public Publisher forWorker() {
        return new Worker();
    }

    private final class Worker implements Publisher {

        private Duration restAdvised = Duration.ZERO;

        /**
         * Also ends when all that is left rests for longer than the settings' patience, and on an interrupt: then no further
         * request is begun, those in flight are awaited, and the thread's interrupt status is set.
         */
        @Override
        public List<Outcome> publish(List<StreamRecord> records, Deadline deadline) {
            RequestScheduler plan = plan(records);
            List<Outcome> outcomes = new PublishRun(plan, requests, threads, deadline, clock, settings).run();
            boolean stuck = !outcomes.isEmpty() && outcomes.stream().allMatch(Outcome.TryLater.class::isInstance);
            restAdvised = stuck ? restAfter(plan) : Duration.ZERO;
            return outcomes;
        }

        @Override
        public Duration restAdvised() {
            return restAdvised;
        }

        @Override
        public Set<String> restingStreams() {
            return KinesisPublisher.this.restingStreams();
        }

        @Override
        public long restingLanes() {
            return KinesisPublisher.this.restingLanes();
        }
    }

    private RequestScheduler plan(List<StreamRecord> records) {
        return new RequestScheduler(
                records,
                settings.requestLimits(),
                recordLimits(),
                stream -> paces.computeIfAbsent(stream, name -> new StreamState(lister.of(name))),
                policy,
                listener);
    }

    /** Long only while every stream known rests: what the next claim finds may be for another, or for another part of it. */
    private Duration restAfter(RequestScheduler plan) {
        long now = clock.getAsLong();
        Duration rest = Duration.ofNanos(Math.max(0, plan.worthAnotherTryAt() - now));
        if (plan.paced(now)) {
            // Other lanes may have work, and the next claim leaves these out.
            return rest.compareTo(PACED_REST) < 0 ? rest : PACED_REST;
        }
        boolean allRest = paces.values().stream().allMatch(pace -> pace.whole().until() > now);
        return allRest || rest.compareTo(settings.patience()) < 0 ? rest : settings.patience();
    }

    private Set<String> restingStreams() {
        long now = clock.getAsLong();
        Set<String> resting = new HashSet<>();
        paces.forEach((stream, pace) -> {
            if (pace.whole().until() > now) {
                resting.add(stream);
            }
        });
        return resting;
    }

    private long restingLanes() {
        long now = clock.getAsLong();
        long resting = -1;
        boolean any = false;
        for (StreamState pace : paces.values()) {
            if (pace.usedLately(now) && pace.whole().until() <= now) {
                resting &= pace.shards().exhausted(now);
                any = true;
            }
        }
        return any ? resting : 0;
    }

    private RecordLimits recordLimits() {
        Integer set = settings.maxRecordBytes();
        if (set != null) {
            return new RecordLimits(set, stream -> set, settings.aggregation());
        }
        return new RecordLimits(
                PublishSettings.DEFAULT_MAX_RECORD_BYTES,
                stream -> streamLimits.largestRecord(stream, clock.getAsLong()),
                settings.aggregation());
    }

    /** Ends the sending threads. A request in flight is cut off, and counts as one whose answer was lost. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
