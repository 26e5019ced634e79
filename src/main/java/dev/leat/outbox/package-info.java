/**
 * Stages 2 and 5 of 5, claim and settle: one transaction on the outbox. Claim receives the outbox as capture has left it, and hands on
 * {@linkplain dev.leat.pipeline.Claim claims}: lanes held by an open transaction, and their next events. Settle receives a claim and what
 * became of each of its events. It hands on nothing.
 *
 * <h2>The lane protocol</h2>
 *
 * <p>Every partition key belongs to one of 64 lanes, and every lane has a row in {@code leat_internal.lane}. <b>Whoever holds that row
 * {@code FOR UPDATE} may publish the lane's events; nobody else may.</b> The row lock is the only authority. It lives in a
 * transaction, so it ends with its holder: a killed process loses its connection and with it the lanes, a vanished host
 * loses them when the server's {@code idle_in_transaction_session_timeout} runs out. There is no lease to renew, no leader,
 * and nothing to clean up.
 *
 * <p>The lock is taken in one statement and the events are read in the next, in READ COMMITTED. A single statement would read
 * with a snapshot older than the lock, and would find rows again that the holder before has published and deleted.
 *
 * <p>A claim is good until its {@linkplain dev.leat.pipeline.Deadline deadline}, which lies before the server's timeout. A paused
 * process that wakes later finds it passed and publishes nothing. Should the server let the lanes go earlier than that (its
 * restart, a terminated session), two pollers may publish the same events side by side. Each of them begins with the first
 * event not settled and keeps the order, so first deliveries stay in order; what the consumer sees more than once are replays,
 * told by their ids.
 *
 * <p>A claim lasts as long as its slowest lane. So the few lanes that fall behind, as a hot key's does, are claimed apart from the
 * others ({@link dev.leat.outbox.SlowLanes}).
 *
 * <h2>The low watermark</h2>
 *
 * <p>Deleted rows stay in the index until vacuum may remove them, and a long transaction elsewhere can forbid that for hours.
 * So a claim begins reading above the lane's <em>low</em>, below which nothing unsettled can appear any more. A low moves only
 * as far as a proof reaches ({@link dev.leat.outbox.Watermark}) and as far as the lane was read and settled. Each poller keeps
 * its own in memory ({@link dev.leat.outbox.LaneMemory}); the lane's row is given a newer one only every ten seconds, for those
 * who start later, because that row's own dead versions would cost what they save.
 *
 * <p>The same proof orders events whose partition key is not the table's primary key ({@code held}): no row lock orders their
 * writers, so a higher id may commit before a lower one. They are claimed only up to the watermark.
 *
 * <h2>Settling</h2>
 *
 * <p>In the transaction that holds the lanes, what the stream has acknowledged is deleted (or kept), what can never be sent and what must
 * wait behind that is set aside, the rest is left, and all is committed. Exactly the rows that were read are deleted, by their ids, and
 * counted: a range would take rows along that became visible since. The commit is as durable as the server's other commits: were it not, a
 * crash could bring rows back below the lows that pollers keep in memory.
 *
 * <h2>Another history</h2>
 *
 * <p>After a failover or a restore that lost commits, the sequence draws ids again that were published. So before its first
 * claim from a server a poller lets the database look ({@link dev.leat.outbox.TimelineGuard}); if it is on another timeline, or its
 * sequence stands below what is known to have been drawn, new ids lie above all that were published, and events with doubtful
 * ones are given others, in their order, before anything of their lane is published. {@code
 * docs/decisions/0006-ids-after-a-lost-commit.md} has the reasons.
 */
@NullMarked
package dev.leat.outbox;

import org.jspecify.annotations.NullMarked;
