package dev.leat.kinesis;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.pipeline.Lanes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which request of a claim is sent next, and what follows from each completion. It does no I/O and has no clock and no
 * threads; one thread uses it. Times are nanoseconds on the publisher's clock, from 0 upward.
 */
final class RequestScheduler {

    private final PendingRecords pending;
    private final Collector collector;
    private final PollerListener listener;
    private final ArrayDeque<Request> halves = new ArrayDeque<>();
    private int turn;
    private int inFlight;

    RequestScheduler(PendingRecords pending, Collector collector, PollerListener listener) {
        this.pending = pending;
        this.collector = collector;
        this.listener = listener;
    }

    /** The next request to send, or null if nothing may be sent now. Streams take turns. */
    @Nullable
    Request next(long now) {
        pending.wake(now);
        Request half = nextHalf(now);
        if (half != null) {
            return begun(half);
        }
        List<ReadyQueues> streams = pending.streams();
        for (int asked = 0; asked < streams.size(); asked++) {
            turn = (turn + 1) % streams.size();
            ReadyQueues ready = streams.get(turn);
            if (ready.maySend(now) && collector.isWorthARequest(ready)) {
                Request request = collector.collect(ready, now);
                if (request != null) {
                    return begun(request);
                }
                // Records were quarantined, which may have made others ready for a stream asked before.
                asked = -1;
            }
        }
        return null;
    }

    /** The next half of a refused request whose stream may be sent to. Halves for a stream given up are dropped. */
    private @Nullable Request nextHalf(long now) {
        for (int asked = halves.size(); asked > 0; asked--) {
            Request half = halves.remove();
            if (half.origin().maySend(now)) {
                return half.sentAt(now);
            }
            if (half.origin().givenUp() == null) {
                halves.add(half);
            }
        }
        return null;
    }

    private Request begun(Request request) {
        request.origin().requestBegan();
        inFlight++;
        listener.sending(request.stream(), request.size(), inFlight);
        return request;
    }

    private void ended(Request request) {
        request.origin().requestEnded();
        inFlight--;
    }

    /** Takes in how a request was completed. */
    void completed(PutRecordsClient.Completion completion, long now) {
        if (completion instanceof PutRecordsClient.Answered answered) {
            answered(answered.request(), answered.results(), now);
        } else if (completion instanceof PutRecordsClient.RequestFailed failed) {
            failed(failed.request(), failed.failure(), now);
        } else {
            notSent(completion.request());
        }
    }

    /** The request was not sent after all. */
    void notSent(Request request) {
        ended(request);
        readyAll(request);
    }

    /** The request was accepted as a whole. Each of its entries was stored or failed. */
    void answered(Request request, List<PutRecordsClient.EntryResult> results, long now) {
        ended(request);
        Lanes healthyLanes = request.origin().state().answered(request, results, listener, now);
        RetriedEntries retried = new RetriedEntries();
        for (int entry = 0; entry < request.size(); entry++) {
            RecordQueue queue = request.queue(entry);
            PutRecordsClient.EntryResult result = results.get(entry);
            String code = result.errorCode();
            if (code != null) {
                Failure failure = Failure.ofEntry(code, result.errorMessage());
                entryFailed(request, queue, failure, healthyLanes, now);
                retried.add(failure, Math.max(0, queue.notBefore() - now));
            } else {
                stored(request.stream(), queue, result.shard(), result.sequence());
            }
        }
        retried.tell(listener, request.stream());
    }

    private void stored(String stream, RecordQueue queue, String shardId, String sequenceNumber) {
        if (!queue.stored(stream, shardId, sequenceNumber)) {
            listener.outOfSequence(queue.head().event(), shardId, sequenceNumber);
        }
        pending.delivered(queue, shardId, sequenceNumber);
    }

    private void entryFailed(Request request, RecordQueue queue, Failure failure, Lanes healthyLanes, long now) {
        StreamState state = request.origin().state();
        int lane = queue.lane();
        switch (failure.kind()) {
            case REFUSED -> pending.refused(queue, refusal(failure));
            case STREAM_AT_FAULT -> {
                request.origin().giveUp(failure);
                state.failed(failure, request.sentAt(), now);
                pending.ready(queue);
            }
            case THROTTLED, TRANSIENT -> {
                if (!healthyLanes.contains(lane)) {
                    state.laneFailed(lane, failure, request.sentAt(), now);
                    queue.waitUntil(state.laneBackoff(lane).until());
                    if (failure.kind() == Failure.Kind.THROTTLED && queue.notBefore() <= now) {
                        // Another entry of this answer began the lane's backoff with a first retry at once.
                        queue.failed(state.policy(), failure, request.sentAt(), now);
                    }
                } else {
                    queue.failed(state.policy(), failure, request.sentAt(), now);
                }
                pending.backOff(queue);
            }
        }
    }

    /** The request was not accepted as a whole, or its answer was lost. */
    void failed(Request request, Failure failure, long now) {
        ended(request);
        switch (failure.kind()) {
            case THROTTLED, TRANSIENT -> backOff(request, failure, now);
            case STREAM_AT_FAULT -> giveUp(request, failure, now);
            case REFUSED -> refused(request, failure, now);
        }
    }

    private void backOff(Request request, Failure failure, long now) {
        StreamState state = request.origin().state();
        state.failed(failure, request.sentAt(), now);
        readyAll(request);
        Duration delay = Duration.ofNanos(Math.max(0, state.backoff().until() - now));
        listener.retrying(request.stream(), failure.ofWhole(), request.size(), delay);
    }

    private void giveUp(Request request, Failure failure, long now) {
        request.origin().giveUp(failure);
        backOff(request, failure, now);
    }

    /** One event makes Kinesis refuse the request. Halves of it are sent by themselves until that event is alone. */
    private void refused(Request request, Failure failure, long now) {
        if (request.size() > 1) {
            int middle = request.size() / 2;
            halves.add(request.part(0, middle));
            halves.add(request.part(middle, request.size()));
        } else if (request.entry(0).events() > 1 || request.origin().state().hasAccepted()) {
            pending.refused(request.queue(0), refusal(failure));
        } else {
            String message = failure.describe() + "; the stream has not accepted any record so far";
            giveUp(request, new Failure(Failure.Kind.STREAM_AT_FAULT, failure.code(), message), now);
        }
    }

    private static String refusal(Failure failure) {
        return "the stream refused it: " + failure.describe();
    }

    private void readyAll(Request request) {
        for (int entry = 0; entry < request.size(); entry++) {
            pending.ready(request.queue(entry));
        }
    }

    /** Whether a record that Kinesis refuses is being looked for. The search would begin anew if the claim ended now. */
    boolean isSearching() {
        return !halves.isEmpty() || pending.isNarrowing();
    }

    /** The number of requests under way. */
    int inFlight() {
        return inFlight;
    }

    /** When {@link #next} may have a request that it does not have now, if no answer comes before; {@code Long.MAX_VALUE}: never. */
    long wakeAt() {
        long at = pending.wakeAt();
        for (ReadyQueues ready : pending.streams()) {
            if (ready.givenUp() == null && ready.inFlight() == 0 && (!ready.isEmpty() || hasHalfFor(ready))) {
                at = Math.min(at, ready.state().backoff().until());
            }
        }
        return at;
    }

    private boolean hasHalfFor(ReadyQueues ready) {
        return halves.stream().anyMatch(half -> half.origin() == ready);
    }

    /** Whether the rate limits of shards hold records back now. */
    boolean isRateLimited(long now) {
        return collector.rateLimitedUntil() > now;
    }

    /** When a later claim of the remaining records may have more success; 0: at once. */
    long retryAt() {
        long at = wakeAt();
        for (ReadyQueues ready : pending.streams()) {
            if (ready.givenUp() != null) {
                at = Math.min(at, ready.state().backoff().until());
            }
        }
        return at == Long.MAX_VALUE ? 0 : at;
    }

    /**
     * What became of each record, in the order given. The scheduler must not be used afterwards.
     *
     * @param reason why the records that are not decided are to be tried later
     */
    List<Outcome> outcomes(String reason) {
        return pending.outcomes(reason);
    }

    /** The failed entries of one answer that are sent again. The listener is told once for each error code. */
    private static final class RetriedEntries {

        private record Sum(Failure failure, int entries, long delay) {}

        private final Map<String, Sum> byCode = new LinkedHashMap<>();

        void add(Failure failure, long delay) {
            if (failure.kind() != Failure.Kind.REFUSED) {
                byCode.merge(
                        failure.code(),
                        new Sum(failure, 1, delay),
                        (sum, one) -> new Sum(one.failure, sum.entries + 1, Math.max(sum.delay, one.delay)));
            }
        }

        void tell(PollerListener listener, String stream) {
            byCode.values()
                    .forEach(sum -> listener.retrying(
                            stream, sum.failure.ofEntries(), sum.entries, Duration.ofNanos(sum.delay)));
        }
    }
}
