/**
 * Stage 4 of 5. Receives the records of a claim, in ascending order of id within each partition key. Hands on one
 * outcome for each record: delivered, to be tried later, quarantined, or waiting behind a quarantined record of its key. {@link
 * dev.leat.kinesis.KinesisPublisher} shows how the parts work together.
 *
 * <h2>At most one record of a key in flight</h2>
 *
 * <p>PutRecords promises no order. Any entry of a request can fail while later entries are stored, and two requests under way can
 * be applied in either order. So a record is sent only when its predecessor of the same key is acknowledged, and a request never
 * holds two entries with the same key. The speed comes from many keys in a request and from several requests in flight with
 * different keys. Within a claim, {@link dev.leat.kinesis.RequestScheduler} is authoritative for this rule. Between claims, the
 * lock on the lane is.
 *
 * <h2>The states of a queue</h2>
 *
 * <p>{@link dev.leat.kinesis.PendingRecords} has each {@link dev.leat.kinesis.RecordQueue} with records left in exactly one
 * place: <em>ready</em> for the stream of its first record; <em>in a request</em>; <em>waiting</em> until a time, for a backoff
 * or a rate limit; or <em>held</em> by a truncate barrier of its lane. A queue advances to its next record when the first one is
 * acknowledged or quarantined, and never otherwise.
 *
 * <h2>Failures</h2>
 *
 * <ul>
 *   <li>An entry fails. Its record is sent again: after a transient failure the first retry has no delay, otherwise a {@link
 *       dev.leat.kinesis.Backoff} comes first. If Kinesis stored nothing of the record's shard, the whole lane backs off, and
 *       later claims respect that too. (Where the shard is not known, the record's lane stands for it.)
 *   <li>A request is throttled or fails as a whole. The stream backs off, and then one request at a time tests it. Throttling is
 *       not an error and has no limit of attempts; the delays double up to a cap.
 *   <li>An answer is lost. Kinesis may have applied the request, or may apply it later, even after its repetition. The same
 *       records are sent again, perhaps beside others, and their successors wait for the acknowledgement. The stream then holds a
 *       record twice. It never holds a successor before the first arrival of its predecessor.
 *   <li>A request is refused because of one of its records. Its halves are sent by themselves, and so on until that record is
 *       alone. If the stream has accepted anything before, the record is quarantined. If not, the fault is taken to be the
 *       stream's.
 *   <li>The stream is missing, being created, or not allowed to us. No event is the cause. Its records are tried later, and other
 *       streams go on.
 *   <li>A record is too large, or its key is not valid. It is quarantined when its turn comes, without being sent. The later
 *       records of its key wait, unless they may pass.
 * </ul>
 *
 * <h2>The rate limit of a shard</h2>
 *
 * <p>A shard accepts 1,000 records and 1 MiB a second, from all writers together, and pollers do not know each other. No limit is
 * assumed: a {@link dev.leat.kinesis.ShardRateLimiter} begins with the first request of which the shard stores a part and
 * throttles the rest. From then on this process keeps a rate for that shard. The rate increases by the same amount for every
 * process, and faster the longer nothing is throttled; each throttled record decreases it. A process that sends more is throttled
 * more, so the rates become equal. Their sum stays near what the shard accepts, with a percent or two of throttled records. A
 * rate increases only while it holds records back.
 *
 * <p>The records of a shard over its rate wait, and others go on. The shard opens again for a portion of records, not for each
 * single one. A claim does not stay open for them: {@link dev.leat.pipeline.Publisher.BackingOff#lanes()} tells the next claim which lanes
 * to leave out. Each acknowledgement tells which shard a lane is in, and so does ListShards where it is allowed ({@link
 * dev.leat.kinesis.ShardRateLimiters}). After a reshard the new shards begin with the rate of the shards whose records they take.
 *
 * <p>The number of requests under way follows from what there is to send: a request holds all that may be sent, up to 500
 * records, so a second request begins only when there is more. The setting is the maximum. A stream that has not answered yet, or
 * that has just failed a whole request, begins with {@link dev.leat.kinesis.StreamState#window() few}.
 *
 * <h2>How a request is sent</h2>
 *
 * <p>With a client that {@link dev.leat.kinesis.KinesisClients} has prepared, {@link dev.leat.kinesis.DirectPutRecords} sends most
 * requests by the SDK's HTTP client and signer, with bodies by {@link dev.leat.kinesis.PutRecordsCbor}, byte for byte as the SDK's
 * client would. That client sends the first request to a stream and the first one after each failure. Other clients, and clients
 * set to JSON, send every request.
 *
 * <h2>Aggregation</h2>
 *
 * <p>A {@link dev.leat.kinesis.RecordQueue} holds the records that are sent one after the other. For a stream without aggregation
 * there is one queue for each partition key, and each record is an entry of its own. For a stream with aggregation there is one
 * queue for each lane, and an entry holds as many of its records as are there. One entry of a lane in flight keeps the order of
 * every key in the lane. All entries of a lane go to one point of the hash space ({@link dev.leat.kinesis.RequestEntry.LaneKey}),
 * and in the KPL format the events in them do too. An acknowledgement delivers all events of an entry. A failed entry is built
 * again from the same first event on, perhaps with more events behind it. An event that cannot be sent is quarantined when its
 * turn comes, and the other keys of its lane go on. If Kinesis refuses an entry, halves of its events are sent, and so on until
 * the refused event is alone.
 *
 * <h2>Truncate markers</h2>
 *
 * <p>A truncate marker concerns all keys of its lane. It is sent when all earlier records of the lane are decided, and later ones
 * are sent when the marker is decided: {@link dev.leat.kinesis.TruncateBarriers}. Lanes do not wait for each other.
 *
 * <h2>The deadline</h2>
 *
 * <p>After its deadline a claim's lanes may belong to another poller. So the sending thread checks the deadline before each
 * request, and no request has a timeout beyond it: when {@code publish} returns, the client has no request of the claim under
 * way. A window remains. The network or Kinesis can hold a request back and apply it later, and a process can stop between the
 * check and the send. Such a request carries records that the lane's next holder sends again, so it can only be a repetition or
 * what comes next.
 *
 * <p>Long before the deadline, after the settings' slice, no further request of a claim begins, and the next claim takes what is
 * left. A hot key is sent one record for each round trip, and the other keys of its lanes need not wait until it is done. A claim
 * also ends when all that is left must wait longer than the settings' patience, because the claim's transaction is open
 * meanwhile. What was learned of the stream is kept ({@link dev.leat.kinesis.StreamState}), so the next claim continues with the
 * same delays.
 *
 * <h2>What is promised</h2>
 *
 * <p>For each key, the first arrival of a record comes after the first arrival of all records before it. A crash, a lost answer
 * or a pause can repeat records, and a request applied late can put an old record behind newer ones. No record is skipped. The
 * sequence numbers of a key within a shard are checked to rise, and the listener is told of a violation.
 */
@NullMarked
package dev.leat.kinesis;

import org.jspecify.annotations.NullMarked;
