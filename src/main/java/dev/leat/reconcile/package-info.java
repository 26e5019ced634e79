/**
 * Compares a table with what the stream says of it, row for row, beside the table's writers.
 *
 * <p>{@link dev.leat.reconcile.Reconciliation} does it in this order, and {@code docs/decisions/0018-reconcile.md} has the reasons:
 *
 * <ol>
 *   <li>It reads the stream up to its end, and applies each event to a {@link dev.leat.reconcile.StreamView} as a consumer would.
 *   <li>It takes a snapshot of the database (REPEATABLE READ). From now on an event is applied only if its transaction is visible in
 *       that snapshot, so the view becomes what the stream says of exactly this state.
 *   <li>It waits until every visible event has left the outbox, then publishes markers and reads until they have come back. A record
 *       that was acknowledged before a marker was sent precedes it in its shard.
 *   <li>It reads the table in the snapshot, shaped by capture's own expressions, and compares each row's digest.
 * </ol>
 *
 * <p>The view holds a digest for each key and no rows.
 */
@NullMarked
package dev.leat.reconcile;

import org.jspecify.annotations.NullMarked;
