package dev.leat;

import java.util.Set;
import java.util.function.LongSupplier;

/** Room 2, claim: takes lanes that no other poller holds, and reads their next events. */
public interface Claims {

    /**
     * Takes the next claim. It may be empty: {@link Claim#events()} says what there is to do.
     *
     * @param restingStreams streams whose events are left where they are, so that they do not crowd out the others
     * @param restingLanes lanes that are left to others, since nothing of them would be sent; the bit 1 &lt;&lt; n is lane n
     * @throws DatabaseUnavailable when the database cannot be asked now; trying again later is right
     */
    Claim claim(Set<String> restingStreams, long restingLanes);

    /** The same while no lane rests. */
    default Claim claim(Set<String> restingStreams) {
        return claim(restingStreams, 0);
    }

    /**
     * Waits until there may be something to claim: until the outbox has grown, or a lane is left that was not seen empty and does
     * not rest.
     *
     * @param restingLanes as of the moment, asked again and again; see {@link #claim(Set, long)}
     * @throws DatabaseUnavailable when the database cannot be asked now
     */
    void awaitWork(LongSupplier restingLanes) throws InterruptedException;
}
