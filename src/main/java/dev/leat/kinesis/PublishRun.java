package dev.leat.kinesis;

import dev.leat.Outcome;
import dev.leat.pipeline.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes one claim. The calling thread asks the scheduler for requests and gives it their completions; sending threads wait for the
 * answers.
 */
final class PublishRun {

    /** With less time than this until the deadline no request begins: its answer would come too late. */
    private static final Duration SHORTEST_REQUEST = Duration.ofMillis(50);

    /** How long after the deadline the run waits for a request that its own timeout should have ended. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** The run waits for a shard's rate limit this many times shorter than for a backoff: it can claim other lanes meanwhile. */
    private static final int SHORTER_WAIT_FOR_RATE_LIMITS = 50;

    private final RequestScheduler scheduler;
    private final PutRecordsClient client;
    private final Executor senders;
    private final Deadline deadline;
    private final LongSupplier clock;
    private final PublishSettings settings;
    private final LinkedBlockingQueue<PutRecordsClient.Completion> completions = new LinkedBlockingQueue<>();
    private final long began;
    private boolean sent;
    private boolean interrupted;

    PublishRun(
            RequestScheduler scheduler,
            PutRecordsClient client,
            Executor senders,
            Deadline deadline,
            LongSupplier clock,
            PublishSettings settings) {
        this.scheduler = scheduler;
        this.client = client;
        this.senders = senders;
        this.deadline = deadline;
        this.clock = clock;
        this.settings = settings;
        this.began = clock.getAsLong();
    }

    List<Outcome> run() {
        interrupted = Thread.interrupted();
        try {
            String ending = null;
            while (ending == null) {
                sendRequests();
                ending = scheduler.inFlight() == 0 ? reasonToEnd() : overdue();
                if (ending == null) {
                    takeIn(awaitCompletion());
                }
            }
            return scheduler.outcomes(ending);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void sendRequests() {
        while (mayBeginRequest()) {
            Request request = scheduler.next(clock.getAsLong());
            if (request == null) {
                return;
            }
            senders.execute(() -> send(request));
            sent = true;
        }
    }

    private boolean mayBeginRequest() {
        return !interrupted && isTimeForRequest() && scheduler.inFlight() < settings.requestsInFlight();
    }

    private boolean isTimeForRequest() {
        return deadline.remaining().compareTo(SHORTEST_REQUEST) >= 0 && !isSliceOver();
    }

    private boolean isSliceOver() {
        return sent
                && !scheduler.isSearching()
                && clock.getAsLong() - began >= settings.slice().toNanos();
    }

    /** Runs on a sending thread. It checks the deadline once more, because this is the last moment before the request is sent. */
    private void send(Request request) {
        PutRecordsClient.Completion completion = new PutRecordsClient.NotSent(request);
        try {
            Duration left = deadline.remaining();
            if (left.compareTo(SHORTEST_REQUEST) >= 0) {
                Failure broken =
                        new Failure(Failure.Kind.TRANSIENT, "Error", "the sending thread ended without an answer");
                completion = new PutRecordsClient.RequestFailed(request, broken);
                Duration timeout = left.compareTo(settings.requestTimeout()) < 0 ? left : settings.requestTimeout();
                completion = client.send(request, timeout);
            }
        } finally {
            completions.add(completion);
        }
    }

    /** Why the run ends now; null while there is something to send or to wait for. Called while no request is under way. */
    private @Nullable String reasonToEnd() {
        long wakeAt = scheduler.wakeAt();
        if (wakeAt == Long.MAX_VALUE) {
            return "its stream does not accept records, or an earlier record must be sent first";
        }
        if (interrupted) {
            return "the poller is stopping";
        }
        if (isSliceOver()) {
            return "the next claim goes on with it";
        }
        Duration wait = Duration.ofNanos(Math.max(0, wakeAt - clock.getAsLong()));
        if (!isTimeForRequest() || deadline.remaining().minus(wait).compareTo(SHORTEST_REQUEST) < 0) {
            return "the claim's deadline is reached";
        }
        if (scheduler.isRateLimited(clock.getAsLong())
                && wait.multipliedBy(SHORTER_WAIT_FOR_RATE_LIMITS).compareTo(settings.patience()) > 0) {
            return "its shard accepts no more for the moment";
        }
        return wait.compareTo(settings.patience()) > 0 ? "it backs off after a failure" : null;
    }

    private @Nullable String overdue() {
        return deadline.remaining().plus(GRACE).isNegative() ? "no answer came by the claim's deadline" : null;
    }

    /** The next completion; null if there is something else to look at first. */
    private PutRecordsClient.@Nullable Completion awaitCompletion() {
        long untilOverdue = deadline.remaining().plus(GRACE).toNanos() + 1;
        long nanos = mayBeginRequest() ? Math.min(untilOverdue, scheduler.wakeAt() - clock.getAsLong()) : untilOverdue;
        try {
            return completions.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
            return null;
        }
    }

    private void takeIn(PutRecordsClient.@Nullable Completion first) {
        for (PutRecordsClient.Completion completion = first; completion != null; completion = completions.poll()) {
            scheduler.completed(completion, clock.getAsLong());
        }
    }
}
