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

    /**
     * A request, or entries of one, failed and will be sent again.
     *
     * @param code the service's error code, such as {@code ProvisionedThroughputExceededException}
     * @param pause how long those entries rest
     */
    default void retrying(String stream, String code, int entries, Duration pause) {}

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

    /** A pass was given up; its lanes are let go, and its events stay in the outbox. */
    default void passFailed(RuntimeException cause, Duration pause) {}

    /**
     * A duty beside the passes failed; it comes round again, and passes go on meanwhile.
     *
     * @param duty what was to be done, such as "sign of life"
     */
    default void upkeepFailed(String duty, RuntimeException cause) {}

    /** The poller has stopped. */
    default void stopped(boolean drained) {}
}
