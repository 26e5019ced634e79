package dev.leat.kinesis;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Makes up requests of what is free to leave for a stream. What may not leave after all is set aside or put to rest on the way. */
final class Collector {

    private final PendingRecords undecided;
    private final PublishSettings.RequestLimits requestLimits;
    private final RecordLimits recordLimits;
    private final RecordQueue[] chosen;
    private long pacedUntil;

    Collector(PendingRecords undecided, PublishSettings.RequestLimits requestLimits, RecordLimits recordLimits) {
        this.undecided = undecided;
        this.requestLimits = requestLimits;
        this.recordLimits = recordLimits;
        this.chosen = new RecordQueue[requestLimits.maxRecords()];
    }

    /** What is little waits for the answers under way, which free more: a request costs much the same, be it full or not. */
    boolean worthARequest(ReadyQueues line) {
        return line.inFlight() == 0 ? !line.isEmpty() : line.size() >= chosen.length / 2;
    }

    /** The next request, or null if nothing of the stream may leave now. */
    @Nullable
    Request fill(ReadyQueues line, long now) {
        int count = 0;
        long bytes = 0;
        for (RecordQueue next = line.peek(); next != null && count < chosen.length; next = line.peek()) {
            long laneRests = line.pace().lane(next.lane()).until();
            if (laneRests > now) {
                rest(line, next, laneRests);
                continue;
            }
            String fault = recordLimits.fault(next.head());
            if (fault != null) {
                line.remove();
                undecided.quarantine(next, fault);
                continue;
            }
            Entry entry = undecided.board(next, recordLimits);
            long shardOpens = line.pace().shards().opensAt(next.lane(), entry, now);
            if (shardOpens > now) {
                rest(line, next, shardOpens);
                pacedUntil = Math.max(pacedUntil, shardOpens);
                continue;
            }
            bytes += entry.bytes();
            if (bytes > requestLimits.maxBytes() && count > 0) {
                break;
            }
            line.remove();
            line.pace().shards().take(next.lane(), entry, now);
            chosen[count++] = next;
        }
        return count == 0 ? null : new Request(line, Arrays.copyOf(chosen, count), 0, count, now);
    }

    private void rest(ReadyQueues line, RecordQueue next, long until) {
        line.remove();
        next.restUntil(until);
        undecided.rest(next);
    }

    /** Until when shards that take no more for the moment keep records back; in the past: none does. */
    long pacedUntil() {
        return pacedUntil;
    }
}
