package dev.leat.pipeline;

import dev.leat.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Stage 4, publish: sends records so that, for each key, a record is first delivered after all records before it. */
public interface Publisher {

    /**
     * Sends what it can until the deadline. At most one record of a key is sent at a time, and only after its predecessor was
     * acknowledged. Several threads may publish at the same time, each its own claim.
     *
     * @param records in ascending order of id within each partition key
     */
    Published publish(List<StreamRecord> records, Deadline deadline);

    /**
     * The result of publishing a claim.
     *
     * @param outcomes one for each record; for each key the delivered ones come first
     * @param retryAfter for how long probably nothing can be delivered, so that an earlier claim would be useless. Zero if any record of
     *     the claim was delivered or quarantined, or if the claim was empty
     * @param backingOff what the next claim should leave out
     */
    record Published(List<Outcome> outcomes, Duration retryAfter, BackingOff backingOff) {}

    /**
     * The streams and lanes to which nothing would be sent now. All claims of a publisher share them. They expire with time, so each call
     * gives the state at that moment.
     */
    interface BackingOff {

        /** No stream and no lane. */
        BackingOff NONE = new BackingOff() {
            @Override
            public Set<String> streams() {
                return Set.of();
            }

            @Override
            public Lanes lanes() {
                return Lanes.NONE;
            }
        };

        /** The streams, by name or ARN as the records name them. */
        Set<String> streams();

        /** The lanes of which nothing would be sent to any recently used stream. */
        Lanes lanes();
    }
}
