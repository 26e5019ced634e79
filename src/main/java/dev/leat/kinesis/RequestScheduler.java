package dev.leat.kinesis;

import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.StreamRecord;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What may leave next, for the records of one claim. It hands out requests and takes in their answers; it does no I/O, has no
 * clock and no threads, and is used by one thread. Times are nanoseconds on the publisher's clock, from 0 upward.
 */
final class RequestScheduler {

    private final PendingRecords undecided;
    private final Collector boarding;
    private final RetryPolicy policy;
    private final PollerListener listener;
    private final Halves halves = new Halves();
    private int turn;
    private int inFlight;

    /**
     * @param records in ascending order of id within each partition key
     * @param paces what is remembered of a stream
     */
    RequestScheduler(
            List<StreamRecord> records,
            PublishSettings.RequestLimits requestLimits,
            RecordLimits recordLimits,
            Function<String, StreamState> paces,
            RetryPolicy policy,
            PollerListener listener) {
        this.undecided = new PendingRecords(records, paces, recordLimits.aggregation());
        this.boarding = new Collector(undecided, requestLimits, recordLimits);
        this.policy = policy;
        this.listener = listener;
    }

    /** The next request to send, or null if nothing may leave now. */
    @Nullable
    Request next(long now) {
        undecided.wake(now);
        Request half = halves.next(now);
        if (half != null) {
            return leave(half);
        }
        List<ReadyQueues> lines = undecided.lines();
        for (int asked = 0; asked < lines.size(); asked++) {
            turn = (turn + 1) % lines.size();
            ReadyQueues line = lines.get(turn);
            if (line.open(now) && boarding.worthARequest(line)) {
                Request flight = boarding.fill(line, now);
                if (flight != null) {
                    return leave(flight);
                }
                // Records were set aside, which may have freed others for a stream that was asked before.
                asked = -1;
            }
        }
        return null;
    }

    private Request leave(Request flight) {
        flight.line().left();
        inFlight++;
        listener.sending(flight.stream(), flight.size(), inFlight);
        return flight;
    }

    private void land(Request flight) {
        flight.line().landed();
        inFlight--;
    }

    /** The request was not sent after all. */
    void notSent(Request flight) {
        land(flight);
        freeAll(flight);
    }

    /** The request was accepted as a whole; each of its records was acknowledged or not. */
    void answered(Request flight, Reply reply, long now) {
        land(flight);
        long sound = flight.line().pace().answered(flight, reply, listener, now);
        FailedEntries failed = new FailedEntries();
        for (int entry = 0; entry < flight.size(); entry++) {
            RecordQueue member = flight.member(entry);
            String code = reply.errorCode(entry);
            if (code != null) {
                Failure failure = Failure.ofEntry(code, reply.errorMessage(entry));
                entryFailed(flight, member, failure, sound, now);
                failed.add(failure, Math.max(0, member.notBefore() - now));
            } else {
                acknowledged(member, reply.shardId(entry), reply.sequenceNumber(entry));
            }
        }
        failed.tell(listener, flight.stream());
    }

    private void acknowledged(RecordQueue member, String shardId, String sequenceNumber) {
        if (!member.landed(shardId, sequenceNumber)) {
            listener.outOfSequence(member.head().event(), shardId, sequenceNumber);
        }
        undecided.delivered(member, shardId, sequenceNumber);
    }

    private void entryFailed(Request flight, RecordQueue member, Failure failure, long sound, long now) {
        ReadyQueues line = flight.line();
        int lane = member.lane();
        switch (failure.verdict()) {
            case REFUSED -> undecided.refused(member, "the stream refused it: " + failure.describe());
            case STREAM_AT_FAULT -> {
                line.giveUp(failure);
                line.pace().failed(policy, failure, flight.leftAt(), now);
                undecided.free(member);
            }
            case THROTTLED, TRANSIENT -> {
                if ((sound & 1L << lane) == 0) {
                    line.pace().laneFailed(lane, policy, failure, flight.leftAt(), now);
                    member.restUntil(line.pace().lane(lane).until());
                    if (failure.verdict() == Verdict.THROTTLED && member.notBefore() <= now) {
                        // The lane's rest, which another entry of this answer began, is over at once.
                        member.failed(policy, failure, flight.leftAt(), now);
                    }
                } else {
                    member.failed(policy, failure, flight.leftAt(), now);
                }
                undecided.rest(member);
            }
        }
    }

    /** The request was not accepted as a whole, or its answer was lost. */
    void failed(Request flight, Failure failure, long now) {
        land(flight);
        switch (failure.verdict()) {
            case THROTTLED, TRANSIENT -> restStream(flight, failure, now);
            case STREAM_AT_FAULT -> giveUp(flight, failure, now);
            case REFUSED -> refused(flight, failure, now);
        }
    }

    private void restStream(Request flight, Failure failure, long now) {
        ReadyQueues line = flight.line();
        line.pace().failed(policy, failure, flight.leftAt(), now);
        freeAll(flight);
        Duration pause = Duration.ofNanos(Math.max(0, line.pace().whole().until() - now));
        listener.retrying(line.stream(), failure.ofWhole(), flight.size(), pause);
    }

    private void giveUp(Request flight, Failure failure, long now) {
        flight.line().giveUp(failure);
        restStream(flight, failure, now);
    }

    /** Whether a record that spoils its request is being looked for; given up half-way, the search would begin anew. */
    boolean searching() {
        return !halves.isEmpty() || undecided.searching();
    }

    /** One event spoils the request: halves of it leave by themselves until that event is alone. */
    private void refused(Request flight, Failure failure, long now) {
        if (flight.size() > 1) {
            halves.split(flight);
        } else if (flight.entry(0).events() > 1 || flight.line().pace().hasAccepted()) {
            undecided.refused(flight.member(0), "the stream refused it: " + failure.describe());
        } else {
            String message = failure.describe() + "; the stream has not accepted any record so far";
            giveUp(flight, new Failure(Verdict.STREAM_AT_FAULT, failure.code(), message), now);
        }
    }

    private void freeAll(Request flight) {
        for (int entry = 0; entry < flight.size(); entry++) {
            undecided.free(flight.member(entry));
        }
    }

    int inFlight() {
        return inFlight;
    }

    /**
     * When {@link #next} may have something that it has not now, if no answer comes in before; {@code Long.MAX_VALUE}: never.
     */
    long wakeAt() {
        long at = undecided.wakeAt();
        for (ReadyQueues line : undecided.lines()) {
            if (line.givenUp() == null && line.inFlight() == 0 && (!line.isEmpty() || halves.waitFor(line))) {
                at = Math.min(at, line.pace().whole().until());
            }
        }
        return at;
    }

    /** Whether records rest because their shard takes no more for the moment. */
    boolean paced(long now) {
        return boarding.pacedUntil() > now;
    }

    /** When a later claim of the records that are left may fare better; 0: at once. */
    long worthAnotherTryAt() {
        long at = wakeAt();
        for (ReadyQueues line : undecided.lines()) {
            if (line.givenUp() != null) {
                at = Math.min(at, line.pace().whole().until());
            }
        }
        return at == Long.MAX_VALUE ? 0 : at;
    }

    /**
     * What became of each record, in the order given. Ends the plan.
     *
     * @param reason why those not decided are to be tried later
     */
    List<Outcome> outcomes(String reason) {
        return undecided.outcomes(reason);
    }
}
