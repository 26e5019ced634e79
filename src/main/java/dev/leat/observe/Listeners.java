package dev.leat.observe;

import dev.leat.Ending;
import dev.leat.Event;
import dev.leat.Failing;
import dev.leat.Outcome;
import dev.leat.PollerListener;
import dev.leat.RequestFailure;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls several listeners, in order. An exception of one listener is logged and affects neither the others nor the poller. */
public final class Listeners implements PollerListener {

    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final List<PollerListener> listeners;

    public Listeners(List<PollerListener> listeners) {
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void settled(List<Outcome> outcomes, Duration took) {
        tell(listener -> listener.settled(outcomes, took));
    }

    @Override
    public void foundNothing() {
        tell(PollerListener::foundNothing);
    }

    @Override
    public void retrying(String stream, RequestFailure failure, int entries, Duration pause) {
        tell(listener -> listener.retrying(stream, failure, entries, pause));
    }

    @Override
    public void sending(String stream, int records, int underWay) {
        tell(listener -> listener.sending(stream, records, underWay));
    }

    @Override
    public void shardUsed(String stream, String shardId, int records, long bytes, int refused) {
        tell(listener -> listener.shardUsed(stream, shardId, records, bytes, refused));
    }

    @Override
    public void outOfSequence(Event event, String shardId, String sequenceNumber) {
        tell(listener -> listener.outOfSequence(event, shardId, sequenceNumber));
    }

    @Override
    public void notice(String text) {
        tell(listener -> listener.notice(text));
    }

    @Override
    public void movedPastGap(long certain, long above, String reason) {
        tell(listener -> listener.movedPastGap(certain, above, reason));
    }

    @Override
    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
        tell(listener -> listener.passFailed(cause, claimed, pause));
    }

    @Override
    public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
        tell(listener -> listener.upkeepFailed(duty, consequence, cause, pause));
    }

    @Override
    public void upkeepDone(String duty) {
        tell(listener -> listener.upkeepDone(duty));
    }

    @Override
    public void failing(Failing failing) {
        tell(listener -> listener.failing(failing));
    }

    @Override
    public void recovered(Failing failing, Duration lasted) {
        tell(listener -> listener.recovered(failing, lasted));
    }

    @Override
    public void stopped(Ending ending) {
        tell(listener -> listener.stopped(ending));
    }

    private void tell(Consumer<PollerListener> message) {
        for (PollerListener listener : listeners) {
            try {
                message.accept(listener);
            } catch (RuntimeException e) {
                LOG.warn(
                        "the listener {} has thrown an exception, which a listener must not do, and has lost this message",
                        Printable.line(String.valueOf(listener)),
                        Printable.thrown(e));
            }
        }
    }
}
