package dev.leat.pipeline;

import java.util.Set;
import java.util.function.LongSupplier;

/** Stage 2, claim: takes lanes that no other poller holds, and reads their next events. */
public interface Claims {

    /**
     * Takes the next claim. It may be empty: {@link Claim#events()} says what there is to do.
     *
     * @param streamsBackingOff streams whose events are left where they are, so that they do not crowd out the others
     * @param lanesBackingOff lanes that are left out, because nothing of them would be sent; the bit 1 &lt;&lt; n is lane n
     * @throws DatabaseUnavailable when the database cannot be asked now; trying again later is right
     */
    Claim claim(Set<String> streamsBackingOff, long lanesBackingOff);

    /** The same while no lane backs off. */
    default Claim claim(Set<String> streamsBackingOff) {
        return claim(streamsBackingOff, 0);
    }

    /**
     * Waits until there may be something to claim: until the outbox has grown, or a lane is left that was not seen empty and does
     * not back off.
     *
     * @param lanesBackingOff as of the moment; asked again and again. See {@link #claim(Set, long)}
     * @throws DatabaseUnavailable when the database cannot be asked now
     */
    void awaitWork(LongSupplier lanesBackingOff) throws InterruptedException;
}
