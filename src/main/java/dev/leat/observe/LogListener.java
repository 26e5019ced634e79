package dev.leat.observe;

import dev.leat.Backlog;
import dev.leat.Ending;
import dev.leat.Event;
import dev.leat.Failing;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import dev.leat.RequestFailure.Scope;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to the log what an operator should know: what happened and what follows from it. Repeated messages, such as those on throttling,
 * are written at most twice a minute, with the number of suppressed ones.
 */
public final class LogListener implements PollerListener {

    private static final Duration BETWEEN_ALIKE = Duration.ofSeconds(30);

    private final Logger log;
    private final RepeatFilter repeats;
    private final Progress progress;
    private final LongAdder requests = new LongAdder();
    private final LongAdder recordsSent = new LongAdder();
    private final LongAdder underWay = new LongAdder();

    public LogListener() {
        this(LoggerFactory.getLogger("dev.leat"), System::nanoTime);
    }

    LogListener(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.repeats = new RepeatFilter(BETWEEN_ALIKE, nanoTime);
        this.progress = new Progress(nanoTime);
    }

    @Override
    public void settled(List<Outcome> outcomes, Duration took) {
        int delivered = 0;
        for (Outcome outcome : outcomes) {
            if (outcome instanceof Outcome.Delivered) {
                delivered++;
            } else if (outcome instanceof Outcome.Quarantined quarantined) {
                quarantined(quarantined);
            }
        }
        if (log.isDebugEnabled()) {
            log.debug(
                    "a pass settled {} events, {} of them delivered, in {} ms",
                    outcomes.size(),
                    delivered,
                    took.toMillis());
        }
        OptionalLong published = progress.add(delivered);
        if (published.isPresent()) {
            long sent = requests.sumThenReset();
            log.info(
                    "published {} events since the last message of this kind, by {} requests; averages: {} records in a request, {}"
                            + " concurrent requests of a claim",
                    published.getAsLong(),
                    sent,
                    sent == 0 ? 0 : recordsSent.sumThenReset() / sent,
                    String.format(Locale.ROOT, "%.1f", sent == 0 ? 0 : (double) underWay.sumThenReset() / sent));
        }
    }

    private void quarantined(Outcome.Quarantined quarantined) {
        Event event = quarantined.event();
        repeats.allow("quarantined " + quarantined.reason())
                .ifPresent(heldBack -> warn(
                        "event {} of key {} cannot be sent and is in quarantine: {}; later events of its key {}; see `leat quarantine list`{}",
                        event.id(),
                        event.route().partitionKey(),
                        quarantined.reason(),
                        event.mayPass() ? "pass it" : "wait in quarantine until it is retried or discarded",
                        more(heldBack)));
    }

    @Override
    public void sending(String stream, int records, int atOnce) {
        requests.increment();
        recordsSent.add(records);
        underWay.add(atOnce);
    }

    /**
     * Logs refused entries and throttling. Requests that failed for other reasons are logged by {@link #failing} and {@link #recovered}.
     */
    @Override
    public void retrying(String stream, RequestFailure failure, int entries, Duration pause) {
        if (failure.scope() == Scope.ENTRIES || failure.scope() == Scope.THROTTLED) {
            repeats.allow(stream + " " + failure.code())
                    .ifPresent(heldBack -> warn(
                            "stream {} answered {} for {} entries: they are sent again after {} ms, and later events of their keys wait{}",
                            stream,
                            failure.describe(),
                            entries,
                            pause.toMillis(),
                            more(heldBack)));
        }
    }

    @Override
    public void outOfSequence(Event event, String shardId, String sequenceNumber) {
        error(
                "event {} of key {} was acknowledged by {} with sequence number {}, which is not above its predecessor's:"
                        + " consumers must order this key by the event id",
                event.id(),
                event.route().partitionKey(),
                shardId,
                sequenceNumber);
    }

    @Override
    public void notice(String text) {
        repeats.allow(text).ifPresent(heldBack -> warn("{}{}", text, more(heldBack)));
    }

    @Override
    public void movedPastGap(long certain, long above, String reason) {
        warn(
                "new event ids begin above {}, so that no event gets an id that consumers know for another event: {}, so commits may be lost;"
                        + " changes above id {} that are still in the outbox are sent in order under new ids, a second time"
                        + " if they were sent before",
                above,
                reason,
                certain);
    }

    @Override
    public void foundNothing() {
        // There is nothing to log.
    }

    @Override
    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
        log.debug("the pass failed by", Printable.thrown(cause));
    }

    @Override
    public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
        log.debug("the {} failed by", Printable.line(duty), Printable.thrown(cause));
    }

    @Override
    public void upkeepDone(String duty) {
        // Nothing to tell, unless it failed before.
    }

    @Override
    public void failing(Failing failing) {
        warn(
                "{}: {}; {}{}; it is tried again in {} ms",
                subject(failing),
                failing.why(),
                failing.consequence(),
                waiting(failing.waiting()),
                failing.pause().toMillis());
    }

    private static String subject(Failing failing) {
        boolean once = failing.times() == 1;
        String since = once ? "" : " for " + span(failing.lasting()) + ", " + failing.times() + " times in a row";
        return switch (failing.part()) {
            case PASSES -> once ? "a pass failed" : "passes have failed" + since;
            case STREAM ->
                once
                        ? "a request to stream " + failing.name() + " failed"
                        : "stream " + failing.name() + " has accepted nothing" + since;
            case UPKEEP -> "the " + failing.name() + (once ? " failed" : " has failed" + since);
        };
    }

    private static String waiting(@Nullable Backlog waiting) {
        if (waiting == null) {
            return "";
        }
        if (waiting.events() == 0) {
            return "; no event waits in the outbox";
        }
        return "; " + (waiting.events() >= Backlog.MOST ? "at least " : "") + waiting.events()
                + (waiting.events() == 1 ? " event waits, for " : " events wait, the oldest for ")
                + span(waiting.oldest());
    }

    private static String span(Duration time) {
        return time.compareTo(Duration.ofMinutes(2)) < 0 ? time.toSeconds() + " s" : time.toMinutes() + " min";
    }

    @Override
    public void recovered(Failing failing, Duration lasted) {
        String subject = switch (failing.part()) {
            case PASSES -> "passes succeed";
            case STREAM -> "stream " + failing.name() + " accepts records";
            case UPKEEP -> "the " + failing.name() + " succeeds";
        };
        log.info("{} again, after {} failures in {}", Printable.line(subject), failing.times(), span(lasted));
    }

    @Override
    public void stopped(Ending ending) {
        if (!ending.finished()) {
            log.warn(
                    "stopped at the deadline with a claim in progress: its lanes are free when its session ends, within seconds,"
                            + " and the next poller sends its events again, some of which may have been sent");
        }
        for (Failing failing : ending.failing()) {
            warn("stopped while this was failing: {}: {}; {}", subject(failing), failing.why(), failing.consequence());
        }
        if (ending.orderly()) {
            log.info("stopped: everything claimed is settled, and no lane is held");
        } else if (ending.waiting() != null) {
            warn(
                    "not everything was published{}; any poller publishes what waits once the fault is repaired",
                    waiting(ending.waiting()));
        } else {
            warn(
                    "the number of waiting events could not be read; any poller publishes them once the fault is repaired");
        }
    }

    private void warn(String text, @Nullable Object... values) {
        log.warn(text, printable(values));
    }

    private void error(String text, @Nullable Object... values) {
        log.error(text, printable(values));
    }

    /** Escapes the values, which come from users and services: an application's log may print them unescaped. */
    private static @Nullable Object[] printable(@Nullable Object... values) {
        return Arrays.stream(values)
                .map(value -> value instanceof String text ? Printable.line(text) : value)
                .toArray();
    }

    private static String more(long heldBack) {
        return heldBack == 0 ? "" : " (and " + heldBack + " more of this kind since the last message)";
    }
}
