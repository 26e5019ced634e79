package dev.leat.kinesis;

import dev.leat.Deadline;
import dev.leat.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Publishes one claim: the calling thread asks the plan what may leave and takes in the answers, other threads send. */
final class PublishRun {

    /** With less than this left no request is begun: it would end as a lost one. */
    private static final Duration LEAST_WINDOW = Duration.ofMillis(50);

    /** How long after the deadline an answer is awaited of a request whose own timeout should have ended it. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** So much less patience there is for shards that take no more for the moment: other lanes can be claimed meanwhile. */
    private static final int LESS_PATIENCE = 50;

    private final RequestScheduler plan;
    private final PutRecordsClient requests;
    private final Executor threads;
    private final Deadline deadline;
    private final LongSupplier clock;
    private final PublishSettings settings;
    private final LinkedBlockingQueue<Completion> landings = new LinkedBlockingQueue<>();
    private final long began;
    private boolean sent;
    private boolean interrupted;

    PublishRun(
            RequestScheduler plan,
            PutRecordsClient requests,
            Executor threads,
            Deadline deadline,
            LongSupplier clock,
            PublishSettings settings) {
        this.plan = plan;
        this.requests = requests;
        this.threads = threads;
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
                sendWhatMay();
                ending = plan.inFlight() == 0 ? reasonToEnd() : overdue();
                if (ending == null) {
                    takeIn(await());
                }
            }
            return plan.outcomes(ending);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void sendWhatMay() {
        while (!interrupted && mayBegin() && plan.inFlight() < settings.requestsInFlight()) {
            Request flight = plan.next(clock.getAsLong());
            if (flight == null) {
                return;
            }
            threads.execute(() -> send(flight));
            sent = true;
        }
    }

    private boolean mayBegin() {
        return deadline.remaining().compareTo(LEAST_WINDOW) >= 0 && !sliceIsOver();
    }

    private boolean sliceIsOver() {
        return sent
                && !plan.searching()
                && clock.getAsLong() - began >= settings.slice().toNanos();
    }

    /** On a sending thread. The deadline is asked once more: this is the last moment before the request leaves. */
    private void send(Request flight) {
        Completion landing = new Completion.NotSent(flight);
        try {
            Duration left = deadline.remaining();
            if (left.compareTo(LEAST_WINDOW) >= 0) {
                Failure broken = new Failure(Verdict.TRANSIENT, "Error", "the sending thread ended without an answer");
                landing = new Completion.Failed(flight, broken);
                Duration timeout = left.compareTo(settings.requestTimeout()) < 0 ? left : settings.requestTimeout();
                landing = requests.send(flight, timeout);
            }
        } finally {
            landings.add(landing);
        }
    }

    /** Null while there is something to do or to wait for. Called with nothing in flight. */
    private @Nullable String reasonToEnd() {
        long wakeAt = plan.wakeAt();
        if (wakeAt == Long.MAX_VALUE) {
            return "its stream or what comes before it is held up";
        }
        if (interrupted) {
            return "the poller is stopping";
        }
        if (sliceIsOver()) {
            return "it goes on with the next claim";
        }
        Duration rest = Duration.ofNanos(Math.max(0, wakeAt - clock.getAsLong()));
        if (!mayBegin() || deadline.remaining().minus(rest).compareTo(LEAST_WINDOW) < 0) {
            return "the claim's deadline is reached";
        }
        if (plan.paced(clock.getAsLong()) && rest.multipliedBy(LESS_PATIENCE).compareTo(settings.patience()) > 0) {
            return "its shard takes no more for the moment";
        }
        return rest.compareTo(settings.patience()) > 0 ? "it rests" : null;
    }

    private @Nullable String overdue() {
        return deadline.remaining().plus(GRACE).isNegative() ? "no answer came by the claim's deadline" : null;
    }

    /** The next answer; null if there is something else to look at first. */
    private @Nullable Completion await() {
        long untilOverdue = deadline.remaining().plus(GRACE).toNanos() + 1;
        boolean free = !interrupted && mayBegin() && plan.inFlight() < settings.requestsInFlight();
        long nanos = free ? Math.min(untilOverdue, plan.wakeAt() - clock.getAsLong()) : untilOverdue;
        try {
            return landings.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
            return null;
        }
    }

    private void takeIn(@Nullable Completion first) {
        for (Completion landing = first; landing != null; landing = landings.poll()) {
            long now = clock.getAsLong();
            if (landing instanceof Completion.Answered answered) {
                plan.answered(answered.flight(), answered.reply(), now);
            } else if (landing instanceof Completion.Failed failed) {
                plan.failed(failed.flight(), failed.failure(), now);
            } else {
                plan.notSent(landing.flight());
            }
        }
    }
}
