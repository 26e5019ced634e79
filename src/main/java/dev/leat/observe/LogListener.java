package dev.leat.observe;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.PollerListener;
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
 * Writes to the log what a person should know: what follows from an event, not only that it happened. What repeats, such as
 * throttling, is written twice a minute at most, with the number of times left out.
 */
public final class LogListener implements PollerListener {

    private static final Duration BETWEEN_ALIKE = Duration.ofSeconds(30);

    private final Logger log;
    private final Seldom seldom;
    private final Progress progress;
    private final LongAdder requests = new LongAdder();
    private final LongAdder recordsSent = new LongAdder();
    private final LongAdder underWay = new LongAdder();

    public LogListener() {
        this(LoggerFactory.getLogger("dev.leat"), System::nanoTime);
    }

    LogListener(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.seldom = new Seldom(BETWEEN_ALIKE, nanoTime);
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
                    "published {} events since the last such line, by {} requests of {} records, {} of a claim under way at once on"
                            + " average",
                    published.getAsLong(),
                    sent,
                    sent == 0 ? 0 : recordsSent.sumThenReset() / sent,
                    String.format(Locale.ROOT, "%.1f", sent == 0 ? 0 : (double) underWay.sumThenReset() / sent));
        }
    }

    private void quarantined(Outcome.Quarantined quarantined) {
        Event event = quarantined.event();
        seldom.admit("quarantined " + quarantined.reason())
                .ifPresent(heldBack -> warn(
                        "event {} of key {} cannot be sent and is in quarantine: {}; later events of its key {}; see `leat quarantine list`{}",
                        event.id(),
                        event.route().partitionKey(),
                        quarantined.reason(),
                        event.mayPass() ? "pass it" : "wait there behind it until it is retried or discarded",
                        more(heldBack)));
    }

    @Override
    public void sending(String stream, int records, int atOnce) {
        requests.increment();
        recordsSent.add(records);
        underWay.add(atOnce);
    }

    @Override
    public void retrying(String stream, String code, int entries, Duration pause) {
        seldom.admit(stream + " " + code)
                .ifPresent(heldBack -> warn(
                        "stream {} answered {} for {} entries: they are sent again after {} ms, and later events of their keys wait{}",
                        stream,
                        code,
                        entries,
                        pause.toMillis(),
                        more(heldBack)));
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
        seldom.admit(text).ifPresent(heldBack -> warn("{}{}", text, more(heldBack)));
    }

    @Override
    public void movedPastGap(long certain, long above, String reason) {
        warn(
                "event ids go on above {}, so that none comes that consumers know for another event: {}, and commits may be lost;"
                        + " changes above id {} that are still in the outbox are sent in their order under new ids, a second time"
                        + " if they had been sent before",
                above,
                reason,
                certain);
    }

    @Override
    public void passFailed(RuntimeException cause, Duration pause) {
        seldom.admit("pass failed " + cause.getMessage())
                .ifPresent(heldBack -> warn(
                        "a pass was given up: {}; its lanes are free for any poller, its events stay in the outbox, and the next"
                                + " pass begins in {} ms{}",
                        Causes.line(cause),
                        pause.toMillis(),
                        more(heldBack)));
        log.debug("the pass failed by", Printable.thrown(cause));
    }

    @Override
    public void upkeepFailed(String duty, RuntimeException cause) {
        seldom.admit("upkeep " + duty)
                .ifPresent(heldBack -> warn(
                        "the {} failed: {}; it is tried again, and events are published meanwhile{}",
                        duty,
                        Causes.line(cause),
                        more(heldBack)));
        log.debug("the {} failed by", duty, Printable.thrown(cause));
    }

    @Override
    public void stopped(boolean drained) {
        if (drained) {
            log.info("stopped: everything claimed is settled, and no lane is held");
        } else {
            log.warn(
                    "stopped at the deadline with a claim under way: its lanes are free once its session has ended, within seconds,"
                            + " and its events, of which some may have been sent, are sent again by the next poller");
        }
    }

    private void warn(String text, @Nullable Object... values) {
        log.warn(text, printable(values));
    }

    private void error(String text, @Nullable Object... values) {
        log.error(text, printable(values));
    }

    /** The values are other people's, and the log may be an application's that prints them as they are. */
    private static @Nullable Object[] printable(@Nullable Object... values) {
        return Arrays.stream(values)
                .map(value -> value instanceof String text ? Printable.line(text) : value)
                .toArray();
    }

    private static String more(long heldBack) {
        return heldBack == 0 ? "" : " (and " + heldBack + " more like it since the last such line)";
    }
}
