package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.PollerListener;
import dev.leat.pipeline.StreamRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Schedulers without a publisher. They share the state of their streams, as claims do. */
final class Schedulers {

    private final Backoff.Policy policy;
    private final Map<String, StreamState> states = new HashMap<>();

    Schedulers(Backoff.Policy policy) {
        this.policy = policy;
    }

    /** Retry delays of 50 ms that double up to 5 s, without jitter. */
    Schedulers() {
        this(new Backoff.Policy(
                new PublishSettings.RetryDelays(Duration.ofMillis(50), Duration.ofSeconds(5), 0), () -> 0));
    }

    StreamState state(String stream) {
        return states.computeIfAbsent(stream, name -> new StreamState(policy, ShardMap.Source.NONE));
    }

    /** One event in a record, records of up to 1 MiB, requests as large as Kinesis accepts. */
    RequestScheduler of(List<StreamRecord> claim, PollerListener listener) {
        return of(
                claim,
                PublishSettings.RequestLimits.ofTheService(),
                new RecordLimits(1 << 20, stream -> 1 << 20, Aggregation.none()),
                listener);
    }

    RequestScheduler of(
            List<StreamRecord> claim,
            PublishSettings.RequestLimits requestLimits,
            RecordLimits recordLimits,
            PollerListener listener) {
        PendingRecords pending = new PendingRecords(claim, recordLimits.aggregation(), this::state);
        return new RequestScheduler(pending, new Collector(pending, requestLimits, recordLimits), listener);
    }
}
