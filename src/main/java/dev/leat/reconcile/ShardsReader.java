package dev.leat.reconcile;

import dev.leat.observe.Causes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Reads all shards of a stream, each at its pace, on the calling thread. A shard is opened when its parents have been read to their ends.
 * Requests that fail for a time are made again.
 */
final class ShardsReader {

    /** Takes a record, and the number of the place where it was. */
    interface RecordSink {
        void take(Record record, int position);
    }

    /** A read: where it began. Records are found again by it. */
    private record ReadPosition(String shardId, String sequenceNumber) {}

    /** One shard that is open to be read. */
    private static final class OpenShard {

        private final String id;
        private @Nullable String iterator;
        private @Nullable String lastRead;
        private long dueAt;
        private int failures;
        private long behindMillis = Long.MAX_VALUE;
        private @Nullable Long tipSeenAt;

        OpenShard(String id, long now) {
            this.id = id;
            this.dueAt = now;
        }
    }

    private static final int FAILURES = 10;
    private static final Duration THROTTLED = Duration.ofSeconds(1);

    private final KinesisClient kinesis;
    private final String stream;
    private final @Nullable Instant from;
    private final ReadPace pace;
    private final RecordSink sink;
    private final Map<String, Shard> known = new LinkedHashMap<>();
    private final Map<String, OpenShard> open = new LinkedHashMap<>();
    private final List<String> ended = new ArrayList<>();
    private final List<ReadPosition> positions = new ArrayList<>();
    private long records;
    private @Nullable Instant firstArrival;
    private @Nullable Instant lastArrival;

    /**
     * @param stream a name or an ARN
     * @param from the time of the first record; null: the oldest that the stream keeps
     */
    ShardsReader(KinesisClient kinesis, String stream, @Nullable Instant from, ReadPace pace, RecordSink sink) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.from = from;
        this.pace = pace;
        this.sink = sink;
    }

    /**
     * Reads until the condition holds, which is asked after each read and whenever no shard is due.
     *
     * @throws StreamUnreadable when the stream cannot be read
     */
    void read(BooleanSupplier until) {
        if (known.isEmpty()) {
            openWhatIsReady();
        }
        while (!until.getAsBoolean()) {
            OpenShard next = open.values().stream()
                    .min((a, b) -> Long.compare(a.dueAt - b.dueAt, 0))
                    .orElse(null);
            if (next == null) {
                // Every shard has ended, and the service does not name its children yet.
                openWhatIsReady();
            }
            long now = System.nanoTime();
            long wait = next == null ? TimeUnit.SECONDS.toNanos(1) : next.dueAt - now;
            if (next != null && wait <= 0) {
                read(next, now);
            } else {
                sleep(Math.min(wait, TimeUnit.MILLISECONDS.toNanos(100)));
            }
        }
    }

    /** Whether every shard was seen to have nothing more, by a read that began after that time of {@link System#nanoTime}. */
    boolean endSeenSince(long nanoTime) {
        return !open.isEmpty()
                && open.values().stream().allMatch(shard -> shard.tipSeenAt != null && shard.tipSeenAt - nanoTime >= 0);
    }

    /** How far behind the stream's end the shard is that is furthest behind; null: not known yet. */
    @Nullable
    Duration behind() {
        long behind = open.values().stream()
                .mapToLong(shard -> shard.behindMillis)
                .max()
                .orElse(0);
        return behind == Long.MAX_VALUE ? null : Duration.ofMillis(behind);
    }

    /** The shards that take records now, as far as is known. */
    List<Shard> openShards() {
        return open.keySet().stream()
                .flatMap(id -> Stream.ofNullable(known.get(id)))
                .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
                .toList();
    }

    long records() {
        return records;
    }

    int shards() {
        return open.size() + ended.size();
    }

    /** When the oldest record that was read arrived in the stream; null: none was read. */
    @Nullable
    Instant firstArrival() {
        return firstArrival;
    }

    @Nullable
    Instant lastArrival() {
        return lastArrival;
    }

    /** Reads the records of some places once more, as far as the stream still has them. */
    void again(Collection<Integer> places, RecordSink taking) {
        for (int place : places) {
            ReadPosition position = positions.get(place);
            int end = place + 1;
            while (end < positions.size() && !positions.get(end).shardId().equals(position.shardId())) {
                end++;
            }
            String next = end < positions.size() ? positions.get(end).sequenceNumber() : null;
            again(position, next, record -> taking.take(record, place));
        }
    }

    private void again(ReadPosition position, @Nullable String next, Consumer<Record> taking) {
        try {
            String iterator =
                    iterator(position.shardId(), ShardIteratorType.AT_SEQUENCE_NUMBER, position.sequenceNumber());
            while (iterator != null) {
                String from = iterator;
                long began = System.nanoTime();
                GetRecordsResponse read = patiently(() -> kinesis.getRecords(getRecords(from)));
                long bytes = 0;
                for (Record record : read.records()) {
                    if (record.sequenceNumber().equals(next)) {
                        return;
                    }
                    bytes += record.data().asByteArrayUnsafe().length;
                    taking.accept(record);
                }
                if (read.records().isEmpty() && read.millisBehindLatest() == 0) {
                    return;
                }
                iterator = read.nextShardIterator();
                sleep(pace.after(bytes).toNanos() - (System.nanoTime() - began));
            }
        } catch (ResourceNotFoundException | ExpiredIteratorException e) {
            // The shard has expired meanwhile: the differences are reported without the stream's rows.
        }
    }

    private void read(OpenShard shard, long now) {
        GetRecordsResponse read;
        try {
            if (shard.iterator == null) {
                shard.iterator = opened(shard);
            }
            read = kinesis.getRecords(getRecords(shard.iterator));
        } catch (ExpiredIteratorException e) {
            shard.iterator = null;
            return;
        } catch (ResourceNotFoundException e) {
            throw expired(shard.id, e);
        } catch (AwsServiceException | SdkClientException e) {
            shard.failures = e instanceof AwsServiceException refused && refused.isThrottlingException()
                    ? 0
                    : shard.failures + 1;
            shard.dueAt = now + THROTTLED.multipliedBy(1 + shard.failures).toNanos();
            if (shard.failures > FAILURES || !transientFailure(e)) {
                throw unreadable(e);
            }
            return;
        }
        shard.failures = 0;
        long bytes = take(shard, read);
        shard.behindMillis = read.millisBehindLatest() == null ? 0 : read.millisBehindLatest();
        if (shard.behindMillis == 0) {
            shard.tipSeenAt = now;
        }
        shard.dueAt = now + pace.after(bytes).toNanos();
        shard.iterator = read.nextShardIterator();
        if (shard.iterator == null) {
            open.remove(shard.id);
            ended.add(shard.id);
            openWhatIsReady();
        }
    }

    private long take(OpenShard shard, GetRecordsResponse read) {
        if (read.records().isEmpty()) {
            return 0;
        }
        int position = positions.size();
        positions.add(new ReadPosition(shard.id, read.records().get(0).sequenceNumber()));
        long bytes = 0;
        for (Record record : read.records()) {
            bytes += record.data().asByteArrayUnsafe().length;
            records++;
            Instant arrival = record.approximateArrivalTimestamp();
            if (arrival != null) {
                firstArrival = firstArrival == null || arrival.isBefore(firstArrival) ? arrival : firstArrival;
                lastArrival = lastArrival == null || arrival.isAfter(lastArrival) ? arrival : lastArrival;
            }
            sink.take(record, position);
            shard.lastRead = record.sequenceNumber();
        }
        return bytes;
    }

    /** Opens the shards whose parents were read to their ends, or are not kept any more. */
    private void openWhatIsReady() {
        known.clear();
        for (Shard shard : list()) {
            known.put(shard.shardId(), shard);
        }
        for (Shard shard : known.values()) {
            boolean ready = parents(shard).allMatch(parent -> !known.containsKey(parent) || ended.contains(parent));
            if (ready && !open.containsKey(shard.shardId()) && !ended.contains(shard.shardId())) {
                open.put(shard.shardId(), new OpenShard(shard.shardId(), System.nanoTime()));
            }
        }
    }

    private static Stream<String> parents(Shard shard) {
        return Stream.of(shard.parentShardId(), shard.adjacentParentShardId()).filter(parent -> parent != null);
    }

    private List<Shard> list() {
        List<Shard> all = new ArrayList<>();
        String token = null;
        do {
            ListShardsRequest.Builder request = ListShardsRequest.builder();
            if (token != null) {
                request.nextToken(token);
            } else if (arn()) {
                request.streamARN(stream);
            } else {
                request.streamName(stream);
            }
            ListShardsResponse page;
            try {
                page = patiently(() -> kinesis.listShards(request.build()));
            } catch (ResourceNotFoundException e) {
                throw new StreamUnreadable("stream " + stream + " does not exist any more", e);
            }
            all.addAll(page.shards());
            token = page.nextToken();
        } while (token != null);
        return all;
    }

    private String opened(OpenShard shard) {
        return shard.lastRead == null
                ? iterator(
                        shard.id, from == null ? ShardIteratorType.TRIM_HORIZON : ShardIteratorType.AT_TIMESTAMP, null)
                : iterator(shard.id, ShardIteratorType.AFTER_SEQUENCE_NUMBER, shard.lastRead);
    }

    private String iterator(String shardId, ShardIteratorType type, @Nullable String sequenceNumber) {
        GetShardIteratorRequest.Builder request =
                GetShardIteratorRequest.builder().shardId(shardId).shardIteratorType(type);
        if (arn()) {
            request.streamARN(stream);
        } else {
            request.streamName(stream);
        }
        if (type == ShardIteratorType.AT_TIMESTAMP) {
            request.timestamp(from);
        } else if (sequenceNumber != null) {
            request.startingSequenceNumber(sequenceNumber);
        }
        return patiently(() -> kinesis.getShardIterator(request.build())).shardIterator();
    }

    private GetRecordsRequest getRecords(String iterator) {
        GetRecordsRequest.Builder request = GetRecordsRequest.builder().shardIterator(iterator);
        return (arn() ? request.streamARN(stream) : request).build();
    }

    private boolean arn() {
        return stream.startsWith("arn:");
    }

    private interface StreamCall<T> {
        T make();
    }

    private <T> T patiently(StreamCall<T> attempt) {
        for (int failures = 1; ; failures++) {
            try {
                return attempt.make();
            } catch (ResourceNotFoundException | ExpiredIteratorException e) {
                throw e;
            } catch (AwsServiceException | SdkClientException e) {
                if (failures > FAILURES || !transientFailure(e)) {
                    throw unreadable(e);
                }
                sleep(THROTTLED.multipliedBy(failures).toNanos());
            }
        }
    }

    private static boolean transientFailure(RuntimeException e) {
        return !(e instanceof AwsServiceException refused)
                || refused.isThrottlingException()
                || refused.statusCode() >= 500
                || code(refused).equals("LimitExceededException")
                || code(refused).equals("ProvisionedThroughputExceededException");
    }

    private static String code(AwsServiceException refused) {
        return refused.awsErrorDetails() == null || refused.awsErrorDetails().errorCode() == null
                ? "status " + refused.statusCode()
                : refused.awsErrorDetails().errorCode();
    }

    private StreamUnreadable expired(String shardId, ResourceNotFoundException cause) {
        return new StreamUnreadable(
                "stream " + stream + " has no " + shardId
                        + " any more: its records are older than the stream keeps them, or the stream was deleted: begin later,"
                        + " by --stream-from <timestamp>",
                cause);
    }

    private StreamUnreadable unreadable(RuntimeException cause) {
        if (cause instanceof AwsServiceException refused && code(refused).equals("AccessDeniedException")) {
            return new StreamUnreadable(
                    "these credentials may not read stream " + stream
                            + ": allow kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords on it",
                    cause);
        }
        return new StreamUnreadable("stream " + stream + " cannot be read: " + Causes.line(cause), cause);
    }

    private static void sleep(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StreamUnreadable("reading was interrupted", e);
        }
    }
}
