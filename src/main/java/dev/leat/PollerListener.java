package dev.leat;

import java.time.Duration;
import java.util.List;

/**
 * Told what happens in a poller. Called on the poller's own threads: an implementation returns quickly and does not throw.
 * Logs and meters are two implementations.
 */
public interface PollerListener {

    /** A pass has ended and is committed. */
    default void settled(List<Outcome> outcomes, Duration took) {}

    /** A pass has found nothing to publish: the database answers. */
    default void foundNothing() {}

    /**
     * A request, or entries of one, failed and will be sent again. Told each time.
     *
     * @param pause the delay before those entries are sent again
     */
    default void retrying(String stream, RequestFailure failure, int entries, Duration pause) {}

    /**
     * A request leaves.
     *
     * @param underWay how many of its claim are under way now, this one included
     */
    default void sending(String stream, int records, int underWay) {}

    /**
     * An answer has told what became of a shard's entries in one request.
     *
     * @param records that the shard took
     * @param bytes of those, data and partition keys
     * @param refused entries that it refused, being over its limit; they are sent again
     */
    default void shardUsed(String stream, String shardId, int records, long bytes, int refused) {}

    /** The stream acknowledged a key's record with a sequence number that is not above its predecessor's. */
    default void outOfSequence(Event event, String shardId, String sequenceNumber) {}

    /** Something that a person should know and may want to change; the text says what follows from it. */
    default void notice(String text) {}

    /**
     * The database has come back with another history, so that commits may be lost and ids drawn again that were published.
     * Told by the one poller that noticed, before anything is published from that history.
     *
     * @param certain every id up to this one is what it was; those above it, where they are left, get ids above all that were
     *     published
     * @param above new ids lie above this
     * @param reason how it was noticed
     */
    default void movedPastGap(long certain, long above, String reason) {}

    /**
     * A pass was given up; its lanes are let go, and its events stay in the outbox. Told each time.
     *
     * @param claimed how many events it had claimed, of which some may have been sent; 0: it failed before
     * @param pause before the next pass
     */
    default void passFailed(RuntimeException cause, int claimed, Duration pause) {}

    /**
     * A duty beside the passes failed; it comes round again, and passes do not depend on it. Told each time.
     *
     * @param duty what was to be done, such as "heartbeat"
     * @param consequence what follows while it fails
     * @param pause before it is tried again
     */
    default void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {}

    /** A duty beside the passes was done. */
    default void upkeepDone(String duty) {}

    /**
     * Passes, a stream or a duty fail. Told at the first failure, and while they go on, after 5 seconds and then ever more seldom,
     * once a minute in the end.
     */
    default void failing(Failing failing) {}

    /**
     * What was told to fail has succeeded.
     *
     * @param failing as it was at the last failure
     * @param lasted from the first failure until now
     */
    default void recovered(Failing failing, Duration lasted) {}

    /** The poller has stopped. */
    default void stopped(Ending ending) {}
}
