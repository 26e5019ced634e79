package dev.leat.claim;

import java.util.HashSet;
import java.util.Set;

/**
 * The highest id of which it is proven that every id up to it is visible to a new snapshot or was rolled back.
 *
 * <p>The proof rests on one order of events inside PostgreSQL: INSERT takes its lock on the outbox before the id's default
 * draws from the sequence, and a commit becomes visible before its locks are let go. So:
 *
 * <ol>
 *   <li>read the sequence: R is the highest id drawn so far;
 *   <li>in a later statement, see who holds a lock that an INSERT takes. Whoever drew an id up to R is among them, or has
 *       ended, and is visible if it committed. Whoever comes later draws above R;
 *   <li>once none of those holds its lock any more, R is proven.
 * </ol>
 *
 * <p>PREPARE TRANSACTION hands a holder's locks to a new name without ending it. So when a holder vanishes, every prepared
 * transaction that appeared since the last look is taken for it, and waited for as well. There can be only as many such
 * additions as there were holders: a stream of prepared transactions delays the proof, but cannot starve it.
 *
 * <p>Pure and not thread-safe: the looks of one instance must follow one another.
 */
final class Watermark {

    /** How {@code pg_locks.virtualtransaction} begins for a prepared transaction. */
    private static final String PREPARED = "-1/";

    private long proven;
    private long candidate;
    private Set<String> blockers = Set.of();
    private Set<String> preparedBefore = Set.of();

    /** Every id up to this one is visible or was rolled back; 0 before the first proof. */
    long proven() {
        return proven;
    }

    /**
     * Takes in one look at the database.
     *
     * @param drawn the highest id drawn from the sequence
     * @param holders the virtual transactions that held a writer's lock on the outbox, read in a later statement than {@code
     *     drawn}
     * @throws SequenceWentBack when the sequence stands below what was proven: this is not the history we knew
     */
    void look(long drawn, Set<String> holders) {
        if (drawn < proven) {
            throw new SequenceWentBack(proven, drawn);
        }
        if (candidate > proven) {
            blockers = stillThere(holders);
            preparedBefore = prepared(holders);
            if (blockers.isEmpty()) {
                proven = candidate;
            }
        }
        if (candidate == proven && drawn > proven) {
            candidate = drawn;
            blockers = Set.copyOf(holders);
            preparedBefore = prepared(holders);
            if (blockers.isEmpty()) {
                proven = candidate;
            }
        }
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

    /** The database is not the one that was known: restored, or failed over to a replica that had not seen everything. */
    static final class SequenceWentBack extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SequenceWentBack(long proven, long drawn) {
            super("the outbox's sequence stands at " + drawn + ", below " + proven + " where it has been");
        }
    }
}
