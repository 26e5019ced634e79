package dev.leat;

import dev.leat.settings.Faults;
import dev.leat.settings.Setting;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a poller. This file defines each setting once: {@code leat run} has an option and an environment variable for
 * each, and the documentation's tables are generated from it. To add one, add it to {@link #OPTIONS}, to the components and to
 * the builder, and use it where it takes effect.
 *
 * <pre>{@code
 * PollerSettings settings = PollerSettings.builder().workers(4).retain(Duration.ofDays(7)).build();
 * }</pre>
 *
 * @param workers claims under way at once, each on a database connection of its own
 * @param batch events that one claim takes at most
 * @param requestsInFlight requests to the stream under way at once, for each worker
 * @param latency the longest pause between two looks at the outbox while events come; twenty times that after a long idle time
 * @param publishDeadline how long the events of one claim may be published; then its lanes are given back
 * @param stopDeadline how long a stopping poller may take to finish what it has claimed
 * @param retain how long published events are kept in {@code leat_internal.sent}; null: they are deleted at once
 * @param maxRecordSize data and partition key together, in bytes; null: what the stream says, else 1 MiB
 * @param aggregation which streams hold several events in a record
 * @param aggregationSize what an aggregate is filled up to, in bytes
 * @param format the wire format of each stream
 * @param serverName the {@code source.name} of the envelope; null: the database's name
 */
public record PollerSettings(
        int workers,
        int batch,
        int requestsInFlight,
        Duration latency,
        Duration publishDeadline,
        Duration stopDeadline,
        @Nullable Duration retain,
        @Nullable Integer maxRecordSize,
        Aggregation aggregation,
        int aggregationSize,
        WireFormats format,
        @Nullable String serverName) {

    /** The stream for events that name none. It is not a component, because it has no default. */
    public static final Setting<String> STREAM = Setting.text("stream", "<stream>", PollerSettings::noStream)
            .meaning("Name or ARN of the stream for events whose table names none.");

    private static final Setting<Integer> WORKERS = Setting.number("workers")
            .orElse(2)
            .between(1, 64)
            .meaning("Claims under way at once, each on a database connection of its own.");

    private static final Setting<Integer> BATCH =
            Setting.number("batch").orElse(8000).between(1, 50_000).meaning("Events that one claim takes at most.");

    private static final Setting<Integer> REQUESTS_IN_FLIGHT = Setting.number("requests-in-flight")
            .orElse(4)
            .between(1, 64)
            .meaning("Requests to the stream under way at once, for each worker.");

    private static final Setting<Duration> LATENCY = Setting.duration("latency")
            .orElse(Duration.ofMillis(10))
            .between(Duration.ofMillis(1), Duration.ofMinutes(1))
            .meaning("Longest pause between looks while events come; twenty times that when idle.");

    private static final Setting<Duration> PUBLISH_DEADLINE = Setting.duration("publish-deadline")
            .orElse(Duration.ofSeconds(15))
            .between(Duration.ofSeconds(1), Duration.ofMinutes(5))
            .meaning("How long the events of a claim may be published; then its lanes are given back.");

    private static final Setting<Duration> STOP_DEADLINE = Setting.duration("stop-deadline")
            .orElse(Duration.ofSeconds(20))
            .between(Duration.ofSeconds(1), Duration.ofMinutes(10))
            .meaning("How long a stopping poller may take to finish what it has claimed.");

    private static final Setting<Duration> RETAIN = Setting.duration("retain")
            .orElseWhat("off")
            .between(Duration.ofMinutes(1), Duration.ofDays(3650))
            .meaning("How long published events are kept in leat_internal.sent, such as 7d.");

    private static final Setting<Integer> MAX_RECORD_SIZE = Setting.size("max-record-size")
            .orElseWhat("the stream's, else 1MiB")
            .between(1024, 10 << 20)
            .meaning("Largest record, data and partition key together.");

    private static final Setting<Aggregation> AGGREGATION = Setting.value(
                    "aggregation", "<format>", Aggregation.class, Aggregation::parse, Aggregation::text)
            .orElse(Aggregation.none())
            .meaning("Several events in a record: none, kpl or lines; for one stream: kpl,audit=none.");

    private static final Setting<Integer> AGGREGATION_SIZE = Setting.size("aggregation-size")
            .orElse(Aggregation.DEFAULT_RECORD_BYTES)
            .between(Aggregation.LEAST_RECORD_BYTES, Aggregation.MOST_RECORD_BYTES)
            .meaning("Up to what size such a record is filled, at most the largest record.");

    private static final Setting<WireFormats> FORMAT = Setting.value(
                    "format", "<format>", WireFormats.class, WireFormats::parse, WireFormats::text)
            .orElse(WireFormats.all(WireFormat.of(WireFormat.FormatName.DEBEZIUM)))
            .meaning(
                    "What a record holds: debezium, cloudevents, trigger or raw; for one stream: debezium,events=raw.");

    public static final Setting<String> SERVER_NAME = Setting.text("server-name", "<name>", name -> null)
            .orElseWhat("the database's name")
            .meaning("source.name of the envelope, by which consumers tell databases apart.");

    /** All of them, in the order of the documentation. */
    public static final List<Option<?>> OPTIONS = List.of(
            new Option<>(WORKERS, Builder::workers),
            new Option<>(BATCH, Builder::batch),
            new Option<>(REQUESTS_IN_FLIGHT, Builder::requestsInFlight),
            new Option<>(LATENCY, Builder::latency),
            new Option<>(PUBLISH_DEADLINE, Builder::publishDeadline),
            new Option<>(STOP_DEADLINE, Builder::stopDeadline),
            new Option<>(RETAIN, Builder::retain),
            new Option<>(MAX_RECORD_SIZE, Builder::maxRecordSize),
            new Option<>(AGGREGATION, Builder::aggregation),
            new Option<>(AGGREGATION_SIZE, Builder::aggregationSize),
            new Option<>(FORMAT, Builder::format),
            new Option<>(SERVER_NAME, Builder::serverName));

    /** A setting, with the builder's method that sets it. */
    public record Option<T>(Setting<T> setting, BiConsumer<Builder, T> into) {

        /**
         * Reads a text into a builder.
         *
         * @throws IllegalArgumentException when the text is not a valid value; the message says what is expected
         */
        public void read(Builder builder, String text) {
            into.accept(builder, setting.parse(text));
        }
    }

    /**
     * @throws dev.leat.settings.InvalidSettings with everything that is wrong
     */
    public PollerSettings {
        Faults faults = new Faults();
        faults.check(WORKERS, workers);
        faults.check(BATCH, batch);
        faults.check(REQUESTS_IN_FLIGHT, requestsInFlight);
        faults.check(LATENCY, latency);
        faults.check(PUBLISH_DEADLINE, publishDeadline);
        faults.check(STOP_DEADLINE, stopDeadline);
        faults.check(RETAIN, retain);
        faults.check(MAX_RECORD_SIZE, maxRecordSize);
        faults.check(AGGREGATION_SIZE, aggregationSize);
        faults.check(SERVER_NAME, serverName);
        faults.raise();
        aggregation = new Aggregation(aggregation.otherwise(), aggregation.byStream(), aggregationSize);
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Builds settings; each method has the name of its option. */
    public static final class Builder {

        private int workers = WORKERS.defaultValue();
        private int batch = BATCH.defaultValue();
        private int requestsInFlight = REQUESTS_IN_FLIGHT.defaultValue();
        private Duration latency = LATENCY.defaultValue();
        private Duration publishDeadline = PUBLISH_DEADLINE.defaultValue();
        private Duration stopDeadline = STOP_DEADLINE.defaultValue();
        private @Nullable Duration retain;
        private @Nullable Integer maxRecordSize;
        private Aggregation aggregation = AGGREGATION.defaultValue();
        private @Nullable Integer aggregationSize;
        private WireFormats format = FORMAT.defaultValue();
        private @Nullable String serverName;

        private Builder() {}

        public Builder workers(int count) {
            workers = count;
            return this;
        }

        public Builder batch(int events) {
            batch = events;
            return this;
        }

        public Builder requestsInFlight(int count) {
            requestsInFlight = count;
            return this;
        }

        public Builder latency(Duration pause) {
            latency = pause;
            return this;
        }

        public Builder publishDeadline(Duration time) {
            publishDeadline = time;
            return this;
        }

        public Builder stopDeadline(Duration time) {
            stopDeadline = time;
            return this;
        }

        public Builder retain(Duration time) {
            retain = time;
            return this;
        }

        public Builder maxRecordSize(int bytes) {
            maxRecordSize = bytes;
            return this;
        }

        public Builder aggregation(Aggregation formats) {
            aggregation = formats;
            return this;
        }

        /** Sets the size, which replaces the size of {@link #aggregation}. */
        public Builder aggregationSize(int bytes) {
            aggregationSize = bytes;
            return this;
        }

        public Builder format(WireFormats formats) {
            format = formats;
            return this;
        }

        public Builder serverName(String name) {
            serverName = name;
            return this;
        }

        /**
         * @throws dev.leat.settings.InvalidSettings with everything that is wrong
         */
        public PollerSettings build() {
            return new PollerSettings(
                    workers,
                    batch,
                    requestsInFlight,
                    latency,
                    publishDeadline,
                    stopDeadline,
                    retain,
                    maxRecordSize,
                    aggregation,
                    aggregationSize == null ? aggregation.recordBytes() : aggregationSize,
                    format,
                    serverName);
        }
    }

    private static @Nullable String noStream(String text) {
        return text.matches("[a-zA-Z0-9_.-]{1,128}|arn:[^:]+:kinesis:[^:]+:[^:]*:stream/[a-zA-Z0-9_.-]+")
                ? null
                : "is '" + text + "', which is neither a stream's name (letters, digits, _ . -) nor its ARN";
    }
}
