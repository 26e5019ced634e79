package dev.leat.reconcile;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A snapshot of PostgreSQL's, as {@code pg_current_snapshot()} writes it: {@code xmin:xmax:xip,xip,…}, in 64-bit ids.
 *
 * @param text as the database wrote it
 * @param xmin all transactions below it had ended
 * @param xmax no transaction from it on had begun
 * @param running those between them that had not ended
 */
record TransactionSnapshot(String text, long xmin, long xmax, Set<Long> running) {

    static TransactionSnapshot parse(String text) {
        String[] parts = text.split(":", -1);
        return new TransactionSnapshot(
                text,
                Long.parseLong(parts[0]),
                Long.parseLong(parts[1]),
                Arrays.stream(parts[2].split(","))
                        .filter(id -> !id.isEmpty())
                        .map(Long::valueOf)
                        .collect(Collectors.toUnmodifiableSet()));
    }

    /** Whether the snapshot sees what that transaction has written, given that it has committed. */
    boolean sees(long transaction) {
        return transaction < xmin || (transaction < xmax && !running.contains(transaction));
    }
}
