package dev.leat.kinesis;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides what goes into a request: it takes the heads of a stream's ready queues, up to the limits of a request. On the way it
 * quarantines records that no stream accepts, and it lets those wait whose lane backs off or whose shard is over its rate.
 */
final class Collector {

    private final PendingRecords pending;
    private final PublishSettings.RequestLimits requestLimits;
    private final RecordLimits recordLimits;
    private final RecordQueue[] collected;
    private long rateLimitedUntil;

    Collector(PendingRecords pending, PublishSettings.RequestLimits requestLimits, RecordLimits recordLimits) {
        this.pending = pending;
        this.requestLimits = requestLimits;
        this.recordLimits = recordLimits;
        this.collected = new RecordQueue[requestLimits.maxRecords()];
    }

    /**
     * Whether there is enough for a request. A request costs much the same whether it is full or not. So a few records wait while other
     * requests are under way, whose answers make more queues ready.
     */
    boolean isWorthARequest(ReadyQueues ready) {
        return ready.inFlight() == 0 ? !ready.isEmpty() : ready.size() >= collected.length / 2;
    }

    /** The next request, or null if no record of the stream may be sent now. */
    @Nullable
    Request collect(ReadyQueues ready, long now) {
        int count = 0;
        long bytes = 0;
        for (RecordQueue queue = ready.peek(); queue != null && count < collected.length; queue = ready.peek()) {
            long laneWaitsUntil = ready.state().laneBackoff(queue.lane()).until();
            if (laneWaitsUntil > now) {
                backOff(ready, queue, laneWaitsUntil);
                continue;
            }
            String fault = recordLimits.fault(queue.head());
            if (fault != null) {
                ready.remove();
                pending.quarantine(queue, fault);
                continue;
            }
            RequestEntry entry = pending.nextEntry(queue, recordLimits);
            ShardRateLimiters shards = ready.state().shards();
            long shardAcceptsAt = shards.availableAt(queue.lane(), entry, now);
            if (shardAcceptsAt > now) {
                backOff(ready, queue, shardAcceptsAt);
                rateLimitedUntil = Math.max(rateLimitedUntil, shardAcceptsAt);
                continue;
            }
            bytes += entry.bytes();
            if (bytes > requestLimits.maxBytes() && count > 0) {
                break;
            }
            ready.remove();
            shards.consume(queue.lane(), entry, now);
            collected[count++] = queue;
        }
        return count == 0 ? null : new Request(ready, Arrays.copyOf(collected, count), 0, count, now);
    }

    private void backOff(ReadyQueues ready, RecordQueue queue, long until) {
        ready.remove();
        queue.waitUntil(until);
        pending.backOff(queue);
    }

    /** Until when the rate limits of shards hold records back; a time in the past: they hold none back. */
    long rateLimitedUntil() {
        return rateLimitedUntil;
    }
}
