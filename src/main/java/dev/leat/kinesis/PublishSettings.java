package dev.leat.kinesis;

import dev.leat.Aggregation;
import dev.leat.PollerSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to publish: what a person sets, and the bounds of requests and delays.
 *
 * @param requestLimits what one request may hold
 * @param requestTimeout the time after which a request counts as lost and its records are sent again, 100 ms to 5 min
 * @param slice how long requests of one claim begin, counted from its start, 0 to 5 min; the first request always begins. Records not
 *     acknowledged then are left to the next claim. A few hot keys, which are sent one record at a time, would otherwise keep the
 *     other keys of their lanes waiting
 * @param patience how long a claim waits for records that back off while nothing else is to be sent, 0 to 5 min. With a longer wait they
 *     are left to a later claim
 * @param retryDelays the delays before records are sent again
 */
public record PublishSettings(
        PollerSettings poller,
        RequestLimits requestLimits,
        Duration requestTimeout,
        Duration slice,
        Duration patience,
        RetryDelays retryDelays) {

    /** The service's own limits. */
    private static final int MOST_RECORDS = 500;

    /** The most requests of a claim that may be under way to one stream. */
    static final int MOST_IN_FLIGHT = 256;

    private static final int MIB = 1024 * 1024;

    static final int DEFAULT_MAX_RECORD_BYTES = MIB;

    public PublishSettings {
        require(
                !requestTimeout.minusMillis(100).isNegative() && requestTimeout.compareTo(Duration.ofMinutes(5)) <= 0,
                "request timeout: " + requestTimeout + " is not between 100 ms and 5 min; 5 s is the default");
        require(
                !slice.isNegative() && slice.compareTo(Duration.ofMinutes(5)) <= 0,
                "slice: " + slice + " is not between 0 and 5 min; 100 ms is the default");
        require(
                !patience.isNegative() && patience.compareTo(Duration.ofMinutes(5)) <= 0,
                "patience: " + patience + " is not between 0 and 5 min; 500 ms is the default");
    }

    public static PublishSettings of(PollerSettings poller) {
        return new PublishSettings(
                poller,
                RequestLimits.ofTheService(),
                Duration.ofSeconds(5),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                RetryDelays.defaults());
    }

    public static PublishSettings defaults() {
        return of(PollerSettings.builder().build());
    }

    /** The most requests of a claim under way at the same time. */
    public int requestsInFlight() {
        return poller.requestsInFlight();
    }

    /** The limit of a record, data and partition key together; null: as the stream says, or 1 MiB. */
    @Nullable
    Integer maxRecordBytes() {
        return poller.maxRecordSize();
    }

    /** Which streams hold several events in a record. */
    Aggregation aggregation() {
        return poller.aggregation();
    }

    /**
     * @param maxRecords 1 to 500
     * @param maxBytes data and partition keys of all records together, 1 MiB to 10 MiB
     */
    public record RequestLimits(int maxRecords, int maxBytes) {

        public RequestLimits {
            require(
                    maxRecords >= 1 && maxRecords <= MOST_RECORDS,
                    "records in a request: " + maxRecords + " is not between 1 and " + MOST_RECORDS
                            + ", what PutRecords takes");
            require(
                    maxBytes >= MIB && maxBytes <= 10 * MIB,
                    "bytes in a request: " + maxBytes + " is not between " + MIB + " and " + 10 * MIB
                            + ", what PutRecords takes");
        }

        public static RequestLimits ofTheService() {
            return new RequestLimits(MOST_RECORDS, 10 * MIB);
        }
    }

    /**
     * The delays before a retry. They double from {@code base} up to {@code cap}, and each is shortened at random by up to {@code jitter} of
     * itself. After a transient failure the first retry has no delay, and the next delays begin with an eighth of {@code base}.
     *
     * @param base 1 ms to {@code cap}
     * @param cap at most 5 s: publishing continues within this time after throttling has ended
     * @param jitter 0 to 1
     */
    public record RetryDelays(Duration base, Duration cap, double jitter) {

        public RetryDelays {
            require(
                    !base.minusMillis(1).isNegative() && base.compareTo(cap) <= 0,
                    "retry delays: the first delay " + base + " is not between 1 ms and the longest, " + cap);
            require(
                    cap.compareTo(Duration.ofSeconds(5)) <= 0,
                    "retry delays: the longest delay " + cap + " is over 5 s; make it shorter");
            require(
                    jitter >= 0 && jitter <= 1,
                    "retry delays: jitter " + jitter + " is not between 0 and 1; 0.5 is the default");
        }

        /** The first delay after a transient failure, before the second retry. */
        Duration transientBase() {
            Duration eighth = base.dividedBy(8);
            return eighth.toMillis() < 1 ? Duration.ofMillis(1) : eighth;
        }

        public static RetryDelays defaults() {
            return new RetryDelays(Duration.ofMillis(50), Duration.ofSeconds(5), 0.5);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
