package dev.leat.capacity;

/** What the tables are computed from: measured by the project's benchmarks, or chosen. Everything else follows. */
enum Figure {
    RECORD_BYTES(823, "bytes of a record, its partition key included", "`OutboxSizeBench`"),
    OUTBOX_BYTES(560, "bytes of an event in the outbox, its index included", "`OutboxSizeBench`"),
    LOG_BYTES(622, "bytes of write-ahead log that capturing an event adds", "`OutboxSizeBench`"),
    CAPTURE_MICROS(48, "µs of PostgreSQL's CPU to capture a change of one row", "`OutboxSizeBench`"),
    POLLER_CPU(36, "CPU-seconds of pollers for a million events", "`DrainBench`"),
    SERVER_CPU(10, "CPU-seconds of PostgreSQL to claim and settle a million events", "`DrainBench`"),
    POLLER_RATE(23_800, "events a second of one poller when the stream takes 20 ms", "`ScaleBench`"),

    BUSY(0.5, "share of CPU to plan with; the rest is for catching up", "chosen"),
    SHARD_FILL(0.8, "share of a shard's limits to plan with: keys do not fall evenly", "chosen"),
    LANE_SECONDS(0.025, "seconds between two claims of a lane: an answer of 20 ms and a claim", "chosen"),
    OUTAGE_HOURS(12, "hours that the disk of the outbox must last when nothing is published", "chosen"),
    WORKERS(2, "workers of a poller, the default", "chosen"),
    DATABASE_CORES(32, "cores of one PostgreSQL that capture, claims and settling may fill, by half", "chosen"),
    DATABASE_LOG(100e6, "bytes a second of write-ahead log that one PostgreSQL is to write for it", "chosen"),
    CDC_CPU(70, "CPU-seconds of a reader of the log, such as Debezium's, for a million events", "see below"),
    CDC_RATE(20_000, "events a second of one such reader", "see below");

    private final double value;
    private final String meaning;
    private final String source;

    /** @param source the benchmark that measures it, or else where it is from */
    Figure(double value, String meaning, String source) {
        this.value = value;
        this.meaning = meaning;
        this.source = source;
    }

    double value() {
        return value;
    }

    String meaning() {
        return meaning;
    }

    String source() {
        return source;
    }
}
