package dev.leat;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Room 4, publish: sends records so that per key the first delivery of each comes after that of all before it. */
public interface Publisher {

    /**
     * Sends what it can until the deadline. Per key at most one record is in flight, and a record leaves only after its
     * predecessor was acknowledged.
     *
     * @param records in ascending order of id within each partition key
     * @return one outcome for each record; per key the delivered ones come first
     */
    List<Outcome> publish(List<StreamRecord> records, Deadline deadline);

    /**
     * After a {@link #publish} that delivered nothing: how long nothing is likely to be deliverable, so that claiming again
     * before has no use. Zero otherwise.
     */
    default Duration restAdvised() {
        return Duration.ZERO;
    }

    /** Streams, by name or ARN as the records name them, to which nothing would be sent now. */
    default Set<String> restingStreams() {
        return Set.of();
    }

    /** Lanes of which nothing would be sent now, to any stream that was in use of late; the bit 1 &lt;&lt; n is lane n. */
    default long restingLanes() {
        return 0;
    }
}
