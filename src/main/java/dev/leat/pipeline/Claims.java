package dev.leat.pipeline;

import java.util.Set;
import java.util.function.Supplier;

/** Stage 2, claim: takes lanes that no other poller holds, and reads their next events. */
public interface Claims {

    /**
     * Takes the next claim. It may have no events.
     *
     * @param streamsBackingOff streams whose events are left in the outbox, so that they do not fill the claim
     * @param lanesBackingOff lanes that are left out, because none of their events would be sent
     * @throws DatabaseUnavailable when the database cannot be read now; try again later
     */
    Claim claim(Set<String> streamsBackingOff, Lanes lanesBackingOff);

    /** The same with no lane left out. */
    default Claim claim(Set<String> streamsBackingOff) {
        return claim(streamsBackingOff, Lanes.NONE);
    }

    /**
     * Waits until there may be something to claim: until the outbox has grown, or there is a lane that was not seen empty and does not
     * back off.
     *
     * @param lanesBackingOff gives the lanes that back off now; called repeatedly
     * @throws DatabaseUnavailable when the database cannot be read now
     */
    void awaitWork(Supplier<Lanes> lanesBackingOff) throws InterruptedException;
}
