/**
 * Stages 2 and 5 of 5, claim and settle: one transaction on the outbox. Claim reads the outbox that capture fills, and returns
 * {@linkplain dev.leat.pipeline.Claim claims}: lanes held by an open transaction, and their next events. Settle receives a claim and the
 * outcome of each of its events, and ends the transaction.
 *
 * <h2>The lane protocol</h2>
 *
 * <p>Every partition key belongs to one of 64 lanes, and every lane has a row in {@code leat_internal.lane}. <b>Only the transaction that
 * holds that row {@code FOR UPDATE} may publish the lane's events.</b> The row lock is the only authority. It belongs to a transaction,
 * so it ends with its holder: a killed process loses its connection and with it the lanes, and a host that disappears loses them when the
 * server's {@code idle_in_transaction_session_timeout} expires. There is no lease to renew, no leader, and nothing to clean up.
 *
 * <p>A claim first looks, without a lock, which lanes hold events, and locks only those. What it learns of the others stays true: no event
 * can appear in them up to the watermark.
 *
 * <p>The lock is taken in one statement and the events are read in the next, in READ COMMITTED. A single statement would read with a
 * snapshot older than the lock, and would find rows that the previous holder has published and deleted.
 *
 * <p>A claim is valid until its {@linkplain dev.leat.pipeline.Deadline deadline}, which is before the server's timeout. A process that
 * was paused beyond the deadline publishes nothing more. If the server releases the lanes earlier (by a restart or a terminated session),
 * two pollers may publish the same events at the same time. Each of them begins with the first unsettled event and keeps the order, so
 * first deliveries stay in order. The consumer may see events more than once, and recognizes the repeats by their ids.
 *
 * <p>A claim takes as long as its slowest lane. So the few lanes that fall behind, such as the lane of a hot key, are claimed apart from
 * the others ({@link dev.leat.outbox.SlowLanes}).
 *
 * <h2>The low watermark</h2>
 *
 * <p>Deleted rows stay in the index until vacuum may remove them, and a long transaction elsewhere can prevent that for hours. So a claim
 * begins reading above the lane's <em>low</em>: no unsettled event can appear at or below it any more. A low moves only as far as a proof
 * reaches ({@link dev.leat.outbox.Watermark}) and as far as the lane was read and settled. Each poller keeps its lows in memory ({@link
 * dev.leat.outbox.LaneMemory}). It stores them in the lane's row at most every ten seconds, for pollers that start later, because each
 * write of that row leaves a dead row version.
 *
 * <p>The same proof orders events whose partition key is not the table's primary key ({@code held}): no row lock orders their
 * writers, so a higher id may commit before a lower one. They are claimed only up to the watermark.
 *
 * <h2>Settling</h2>
 *
 * <p>The transaction that holds the lanes deletes (or keeps) the events that the stream has acknowledged. It moves to quarantine the
 * events that can never be sent, and the events of their keys that must wait for them. It leaves all other events in the outbox, and
 * commits. It deletes exactly the rows that were read, by their ids, and counts them: a range of ids could contain rows that became
 * visible later. The commit is as durable as the server's other commits. Otherwise a crash could restore rows below the lows that pollers
 * keep in memory.
 *
 * <h2>Another history</h2>
 *
 * <p>After a failover or a restore that lost commits, the sequence draws ids again that were published. So before its first claim from a
 * server a poller lets the database check its history ({@link dev.leat.outbox.TimelineGuard}). If the database is on another timeline, or
 * its sequence stands below an id that was drawn, the sequence moves above all published ids. Events with doubtful ids are given other
 * ids, in their order, before anything of their lane is published. {@code docs/decisions/0006-ids-after-a-lost-commit.md} gives the
 * reasons.
 */
@NullMarked
package dev.leat.outbox;

import org.jspecify.annotations.NullMarked;
