package dev.leat.capacity;

/**
 * What a steady rate of changes needs.
 *
 * @param rate changes a second
 * @param databases that the changes must be spread over
 * @param pollers of all databases together
 * @param pollerCores vCPUs of each
 * @param connections to each database
 * @param databaseCores that capture, claims and settling take, of all databases together
 * @param logBytes of write-ahead log a second, of all databases together
 * @param outboxGigabytes for an outage, of all databases together
 * @param perAggregate events in an aggregate
 * @param shards of the stream, one event a record
 * @param aggregatedShards of the stream, aggregated
 */
record Needs(
        double rate,
        int databases,
        int pollers,
        double pollerCores,
        int connections,
        double databaseCores,
        double logBytes,
        double outboxGigabytes,
        double perAggregate,
        int shards,
        int aggregatedShards) {

    static final double LANES = 64;
    private static final double SHARD_RECORDS = 1_000;
    private static final double SHARD_BYTES = 1 << 20;
    private static final double UNIT_BYTES = 25 * 1024;

    /** What the aggregation format adds to an event. */
    private static final double AGGREGATE_FRAME = 12;

    static Needs of(double rate) {
        int databases = ceil(rate / databaseRate());
        // At least two, on two machines, so that one may be gone.
        int pollersOfEach = Math.max(2, ceil(rate / databases / pollerRate()));
        double perAggregate = perAggregate(rate / databases);
        double bytes = rate * Figure.RECORD_BYTES.value();
        return new Needs(
                rate,
                databases,
                databases * pollersOfEach,
                fargate(rate * Figure.POLLER_CPU.value() / 1e6 / Figure.BUSY.value() / (databases * pollersOfEach)),
                pollersOfEach * (int) (Figure.WORKERS.value() + 3),
                rate * databaseSeconds(),
                rate * Figure.LOG_BYTES.value(),
                rate * Figure.OUTBOX_BYTES.value() * Figure.OUTAGE_HOURS.value() * 3600 / 1e9,
                perAggregate,
                shards(rate, bytes),
                shards(rate / perAggregate, bytes + rate * AGGREGATE_FRAME));
    }

    /** Changes a second that one PostgreSQL takes, by whatever ends first. */
    static double databaseRate() {
        return Math.min(cpuRate(), Math.min(logRate(), claimsRate()));
    }

    /** Changes a second until its CPU is used as planned. */
    static double cpuRate() {
        return Figure.DATABASE_CORES.value() * Figure.BUSY.value() / databaseSeconds();
    }

    /** Changes a second until its log is written as fast as planned. */
    static double logRate() {
        return Figure.DATABASE_LOG.value() / Figure.LOG_BYTES.value();
    }

    /** Changes a second of as many pollers as find a lane for each worker. */
    static double claimsRate() {
        return LANES / Figure.WORKERS.value() * pollerRate();
    }

    /** Changes a second to plan for one poller of one vCPU. */
    static double pollerRate() {
        return Figure.BUSY.value() * Math.min(Figure.POLLER_RATE.value(), 1e6 / Figure.POLLER_CPU.value());
    }

    /** CPU-seconds that an event takes in PostgreSQL. */
    static double databaseSeconds() {
        return (Figure.CAPTURE_MICROS.value() + Figure.SERVER_CPU.value()) / 1e6;
    }

    /** Payload units that an event takes by itself. */
    static double unitsOfRecord() {
        return Math.ceil(Figure.RECORD_BYTES.value() / UNIT_BYTES);
    }

    /** A lane's events of one claim go into an aggregate, up to one payload unit. */
    private static double perAggregate(double rate) {
        double most = Math.floor(UNIT_BYTES / (Figure.RECORD_BYTES.value() + AGGREGATE_FRAME));
        return Math.max(1, Math.min(most, rate * Figure.LANE_SECONDS.value() / LANES));
    }

    private static int shards(double records, double bytes) {
        return ceil(Math.max(records / SHARD_RECORDS, bytes / SHARD_BYTES) / Figure.SHARD_FILL.value());
    }

    /** The least task size of Fargate with so many vCPUs. */
    private static double fargate(double cores) {
        for (double size : new double[] {0.25, 0.5, 1, 2}) {
            if (cores <= size) {
                return size;
            }
        }
        return 4;
    }

    static int ceil(double value) {
        return (int) Math.ceil(value);
    }
}
