package dev.leat.capacity;

/** What the tables are computed from: measured by the project's benchmarks, or chosen. Everything else follows. */
enum Figure {
    RECORD_BYTES(821, "bytes of a record, its partition key included", "OutboxSizeBench"),
    OUTBOX_BYTES(566, "bytes of an event in the outbox, its index included", "OutboxSizeBench"),
    LOG_BYTES(625, "bytes of write-ahead log that capturing an event adds", "OutboxSizeBench"),
    CAPTURE_MICROS(25, "µs of PostgreSQL's CPU to capture a row", "CaptureBench"),
    POLLER_CPU(20, "CPU-seconds of pollers for a million events", "DrainBench"),
    SERVER_CPU(12, "CPU-seconds of PostgreSQL to claim and settle a million events", "DrainBench"),
    POLLER_RATE(20_000, "events a second of one poller when the stream takes 20 ms", "ScaleBench"),

    BUSY(0.5, "share of CPU to plan with; the rest is for catching up", ""),
    SHARD_FILL(0.8, "share of a shard's limits to plan with: keys do not fall evenly", ""),
    PACK_SECONDS(0.025, "seconds between two claims of a lane: an answer of 20 ms and a claim", ""),
    OUTAGE_HOURS(12, "hours for which the outbox must have room when nothing is published", ""),
    WORKERS(2, "workers of a poller, the default", ""),
    DATABASE_CORES(32, "cores of one PostgreSQL that capture, claims and settling may fill, by half", ""),
    DATABASE_LOG(100e6, "bytes a second of write-ahead log that one PostgreSQL is to write for it", ""),
    CDC_CPU(70, "CPU-seconds of a reader of the log, such as Debezium's, for a million events", ""),
    CDC_RATE(20_000, "events a second of one such reader", "");

    private final double value;
    private final String meaning;
    private final String benchmark;

    /** @param benchmark that measures it; empty: it is chosen */
    Figure(double value, String meaning, String benchmark) {
        this.value = value;
        this.meaning = meaning;
        this.benchmark = benchmark;
    }

    double value() {
        return value;
    }

    String meaning() {
        return meaning;
    }

    String benchmark() {
        return benchmark;
    }
}
