/**
 * Room 4 of 5. Receives the records of a claim, in ascending order of id within each partition key. Hands on one outcome for
 * each: delivered, to be tried later, quarantined, or waiting behind a quarantined one.
 *
 * <h2>Why one record of a key in flight</h2>
 *
 * <p>PutRecords promises no order. Any entry of a request can fail while the entries after it are stored, and two requests
 * that are under way together can be applied in either order. So a record leaves only when its predecessor of the same key
 * is acknowledged, and a request never holds two records of one key. What gives speed is many keys in a request, and several
 * requests in flight with different keys. Who is authoritative: {@link dev.leat.kinesis.RequestScheduler}, for its claim; between
 * claims, the lane that the claim holds.
 *
 * <h2>The states of a key, or of a packed lane</h2>
 *
 * <p>{@link dev.leat.kinesis.PendingRecords} has each line with records left in exactly one place: <em>free</em>, waiting for
 * its next record's stream; <em>in a request</em>; <em>at rest</em> until a time, after a failure; or <em>kept</em> by its
 * lane's gate. An acknowledgement or a verdict advances the key to its next record; nothing else does.
 *
 * <h2>What can go wrong</h2>
 *
 * <ul>
 *   <li>An entry fails: its key sends the same record again, by the service's own trouble at once for the first time, else after a
 *       pause. If nothing of its shard, or of its lane where the shard is not known, got through, the lane rests, which the next
 *       claim respects too.
 *   <li>A request is throttled or fails as a whole: the stream rests, and then one request at a time probes it. Throttling is
 *       not an error and has no limit of attempts; pauses double up to a cap.
 *   <li>An answer is lost: the request may have been applied, may be applied yet, and may land after its own repetition. The
 *       same records are sent again, alone or in other company, and their successors wait for the acknowledgement. The stream
 *       then holds a record twice; it never holds a successor before the first arrival of its predecessor.
 *   <li>A request is refused because of one of its records: it is halved until that record is alone. If the stream has
 *       accepted anything before, the record is quarantined; if not, the stream is suspected, and no event is.
 *   <li>The stream is missing, being created, or not ours to write: no event is to blame. Its records are tried later, and
 *       other streams go on.
 *   <li>A record is too large or its key unfit: quarantined when its turn comes, without being sent. Those behind it of its
 *       key wait, unless they may pass.
 * </ul>
 *
 * <h2>The pace of a shard</h2>
 *
 * <p>A shard takes 1,000 records and 1 MiB a second, from all pollers together, and they do not know each other. No limit is
 * assumed: {@link dev.leat.kinesis.ShardRateLimiter} begins with the first request of which a shard takes a part and refuses the rest.
 * From then on this process allows itself a rate for that shard. It rises by the same amount for everybody, and ever faster the
 * longer nothing is refused; each refused record lowers it. Who sends more is refused more, so rates move towards each other, and
 * their sum stays near what the shard takes, with a percent or two of refusals to tell where that is. A rate rises only while it
 * is what holds records back.
 *
 * <p>Records of a shard that takes no more for the moment wait beside those that rest, and others go on; the shard opens again
 * for a portion, not for each record. A claim is not held open for them: {@link dev.leat.Publisher#restingLanes()}
 * tells the next claim which lanes to leave to others. Which shard a lane lies in is told by each acknowledgement, and by
 * ListShards where that is allowed: {@link dev.leat.kinesis.ShardRateLimiters}. After a reshard the new shards begin with the rate of
 * those whose records they take.
 *
 * <p>How many requests of a claim are under way follows from what there is to send: a request takes all that may leave, up to 500
 * records, so a second one leaves only when there is more than that. The setting is the most; a stream that has answered nothing
 * yet, or has just refused a request as a whole, begins with {@link dev.leat.kinesis.StreamState#window() few}.
 *
 * <h2>The bytes of a request</h2>
 *
 * <p>Where {@link dev.leat.kinesis.KinesisClients} has prepared the client, bodies are written and read by
 * {@link dev.leat.kinesis.CborBody} and put in the place of the SDK's by {@link dev.leat.kinesis.PutRecordsCbor}; they are the same, byte
 * for byte. Other clients, and those that are set to speak JSON, marshal for themselves.
 *
 * <h2>Packed streams</h2>
 *
 * <p>What leaves together, and what waits for it, is a {@link dev.leat.kinesis.RecordQueue}. For a stream that holds one event a record
 * there is one for each partition key, and its next record leaves by itself ({@link dev.leat.kinesis.KeyLine}). For one that is
 * packed there is one for each lane, and as many of its next events as are there leave in one record
 * ({@link dev.leat.kinesis.LaneLine}): one record of a lane in flight keeps the order of every key in it. All records of a lane go to
 * one point of the hash space ({@link dev.leat.kinesis.LaneSlot}), and so do, by the aggregation format, the events in them. An
 * acknowledgement delivers all events of the record. A record that fails is made up anew from the same events on, perhaps with
 * more behind them. An event that cannot be sent is quarantined when its turn comes, and the other keys of its lane go on; a
 * record that the stream refuses is halved until the event at fault is alone.
 *
 * <h2>Truncate markers</h2>
 *
 * <p>A truncate marker concerns all keys of its lane. It leaves when everything of the lane before it is decided, and what
 * comes after it leaves when the marker is: {@link dev.leat.kinesis.TruncateBarriers}. Lanes do not wait for each other.
 *
 * <h2>The deadline</h2>
 *
 * <p>After its deadline a claim's lanes may belong to another poller. The deadline is asked by the sending thread before each
 * request, and no request is given a timeout that reaches beyond it: when {@code publish} returns, the client has nothing of
 * ours under way. The window that remains is a request that the network or the service holds back and applies later; it
 * carries records that the next holder of the lane sends again, so that it can only be a repetition or what comes next.
 * A process stopped between the question and the send has the same window.
 *
 * <p>Long before that, after the settings' slice, no further request of a claim is begun, and what is left of it is claimed anew:
 * a hot key goes one record for each round trip, and the other keys of its lanes need not wait for the end of its line. And a
 * claim is given back when all that is left rests for longer than the settings' patience, because the claim's
 * transaction is open meanwhile. What was learned of the stream's trouble is kept ({@link dev.leat.kinesis.StreamState}), so that
 * the next claim goes on with the pauses where this one was.
 *
 * <h2>What is promised</h2>
 *
 * <p>Per key, the first arrival of each record comes after the first arrival of all before it. A crash, a lost answer or a pause
 * can repeat records, and a request applied late can put an old one behind newer ones; nothing is skipped. The sequence numbers of a key within a shard are checked to rise, and a violation is told
 * to the listener.
 */
@NullMarked
package dev.leat.kinesis;

import org.jspecify.annotations.NullMarked;
