package dev.leat;

import java.time.Duration;
import java.util.List;

/**
 * Receives what happens in a poller, for logs and metrics. It is called on the poller's own threads, so an implementation must return
 * quickly and must not throw.
 */
public interface PollerListener {

    /** A pass has ended and was committed. */
    default void settled(List<Outcome> outcomes, Duration took) {}

    /** A pass has found nothing to publish; the database has answered. */
    default void foundNothing() {}

    /**
     * A request, or some entries of it, failed and will be sent again. Called for each such request.
     *
     * @param pause the delay before those entries are sent again
     */
    default void retrying(String stream, RequestFailure failure, int entries, Duration pause) {}

    /**
     * A request is about to be sent.
     *
     * @param underWay the number of requests of its claim that await an answer, including this one
     */
    default void sending(String stream, int records, int underWay) {}

    /**
     * The answer to a request has come. Called once for each shard of its entries.
     *
     * @param records the number of records that the shard accepted
     * @param bytes the size of those records, data and partition keys
     * @param refused the number of entries that it refused because of its limit; they are sent again
     */
    default void shardUsed(String stream, String shardId, int records, long bytes, int refused) {}

    /** The stream acknowledged a key's record with a sequence number that is not above its predecessor's. */
    default void outOfSequence(Event event, String shardId, String sequenceNumber) {}

    /** A message for the operator, on something that may need a change; the text says what follows from it. */
    default void notice(String text) {}

    /**
     * The database has another history after a failover or restore, so that commits may be lost and published ids drawn again. Only the
     * poller that noticed calls this, before anything is published from that history.
     *
     * @param certain every id up to this one is unchanged; events with higher ids that are still in the outbox get new ids, above all
     *     published ones
     * @param above new ids lie above this
     * @param reason how it was noticed
     */
    default void movedPastGap(long certain, long above, String reason) {}

    /**
     * A pass failed; its lanes are released, and its events stay in the outbox. Called for each failure.
     *
     * @param claimed how many events it had claimed, of which some may have been sent; 0: it failed before
     * @param pause before the next pass
     */
    default void passFailed(RuntimeException cause, int claimed, Duration pause) {}

    /**
     * A periodic duty failed; it is tried again, and passes do not depend on it. Called for each failure.
     *
     * @param duty the duty's name, such as "heartbeat"
     * @param consequence what follows while it fails
     * @param pause before it is tried again
     */
    default void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {}

    /** A periodic duty succeeded. */
    default void upkeepDone(String duty) {}

    /**
     * Passes, a stream or a duty fail. Called at the first failure, then after 5 seconds, and then at growing intervals of up to a minute
     * while the failures continue.
     */
    default void failing(Failing failing) {}

    /**
     * A part that was reported as failing has succeeded.
     *
     * @param failing as it was at the last failure
     * @param lasted from the first failure until now
     */
    default void recovered(Failing failing, Duration lasted) {}

    /** The poller has stopped. */
    default void stopped(Ending ending) {}
}
