package dev.leat.outbox;

import java.util.HashSet;
import java.util.Set;

/**
 * The highest id of which it is proven that every id up to it is visible to a new snapshot or was rolled back.
 *
 * <p>The proof rests on one order of events inside PostgreSQL: INSERT takes its lock on the outbox before the id's default
 * draws from the sequence, and a commit becomes visible before its locks are released. So:
 *
 * <ol>
 *   <li>read the sequence as {@link ClaimStatements#DRAWN} does: R is the highest id drawn so far;
 *   <li>in a later statement, read which transactions hold a lock that an INSERT takes. A transaction that drew an id up to R is among
 *   them, or has ended, and is visible if it committed. A later transaction draws above R;
 *   <li>once none of those transactions holds its lock any more, R is proven.
 * </ol>
 *
 * <p>PREPARE TRANSACTION hands a holder's locks to a new name without ending it. So when a holder disappears, each prepared transaction
 * that appeared since the last look may be that holder, and the proof waits for it too. There are at most as many such additions as there
 * were holders, so prepared transactions can delay the proof but not prevent it.
 *
 * <p>Immutable: each look gives the next state. Looks must be given in the order in which they were taken.
 *
 * @param proven every id up to this one is visible or was rolled back; 0 before the first proof
 * @param candidate the highest id drawn when the current proof began; {@code proven} if there is no current proof
 * @param blockers the virtual transactions whose end the current proof waits for
 * @param preparedBefore the prepared transactions of the last look, while there is a current proof
 */
record Watermark(long proven, long candidate, Set<String> blockers, Set<String> preparedBefore) {

    /** How {@code pg_locks.virtualtransaction} begins for a prepared transaction. */
    private static final String PREPARED = "-1/";

    /** The state before the first look. */
    static final Watermark UNKNOWN = new Watermark(0, 0, Set.of(), Set.of());

    /**
     * Returns the state after one more look at the database.
     *
     * @param drawn the highest id drawn from the sequence
     * @param holders the virtual transactions that held a writer's lock on the outbox, read in a later statement than {@code
     *     drawn}
     * @throws SequenceWentBack when the sequence stands below what was proven: the database has another history
     */
    Watermark look(long drawn, Set<String> holders) {
        if (drawn < proven) {
            throw new SequenceWentBack(proven, drawn);
        }
        Watermark next = this;
        if (candidate > proven) {
            next = waitingFor(candidate, stillThere(holders), holders);
        }
        if (next.candidate == next.proven && drawn > next.proven) {
            next = next.waitingFor(drawn, Set.copyOf(holders), holders);
        }
        return next;
    }

    private Watermark waitingFor(long id, Set<String> remaining, Set<String> holders) {
        return remaining.isEmpty()
                ? new Watermark(id, id, Set.of(), Set.of())
                : new Watermark(proven, id, remaining, prepared(holders));
    }

    private Set<String> stillThere(Set<String> holders) {
        Set<String> remaining = new HashSet<>(blockers);
        remaining.retainAll(holders);
        boolean mayHavePrepared = blockers.stream().anyMatch(b -> !b.startsWith(PREPARED) && !holders.contains(b));
        if (mayHavePrepared) {
            Set<String> appeared = prepared(holders);
            appeared.removeAll(preparedBefore);
            remaining.addAll(appeared);
        }
        return remaining;
    }

    private static Set<String> prepared(Set<String> holders) {
        Set<String> prepared = new HashSet<>(holders);
        prepared.removeIf(holder -> !holder.startsWith(PREPARED));
        return prepared;
    }

    /** The database has another history: it was restored, or failed over to a replica that lacked commits. */
    static final class SequenceWentBack extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final long been;

        SequenceWentBack(long been, long drawn) {
            super("the outbox's sequence stands at " + drawn + ", below " + been + ", which it reached before");
            this.been = been;
        }

        /** An id that the sequence reached before. */
        long been() {
            return been;
        }
    }
}
