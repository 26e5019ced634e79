package dev.leat.capacity;

/** What a month of a steady rate costs, in US dollars, one consumer reading the stream once. */
record Bill(Needs needs) {

    /** Of memory with a task of this size, the least that Fargate allows. */
    private static final double GB_PER_CORE = 2;

    private static final double DMS_CORES = 2;
    private static final double DMS_DISK = 100;
    private static final double BROKER_BYTES = 10e6;
    private static final double COPIES = 3;
    private static final double LAMBDA_SECONDS = 0.015;
    private static final double LAMBDA_GB = 0.125;

    double pollers() {
        double cores = needs.pollers() * needs.pollerCores();
        return Price.FARGATE_CPU_HOUR.monthly(cores) + Price.FARGATE_GB_HOUR.monthly(cores * GB_PER_CORE);
    }

    /** What the database must be larger for: CPU at the planned share, and room for an outage. */
    double database() {
        return Price.DATABASE_CPU_HOUR.monthly(needs.databaseCores() / Figure.BUSY.value())
                + needs.outboxGigabytes() * Price.DATABASE_GB_MONTH.dollars();
    }

    /** A provisioned stream, one event a record. */
    double provisioned() {
        return Price.SHARD_HOUR.monthly(needs.shards()) + events() * Needs.unitsOfRecord() * Price.PUT_UNIT.dollars();
    }

    /** A provisioned stream with aggregation. */
    double provisionedAggregated() {
        return Price.SHARD_HOUR.monthly(needs.aggregatedShards())
                + events() / needs.perAggregate() * Price.PUT_UNIT.dollars();
    }

    /** A stream on demand, one event a record. */
    double onDemand() {
        return onDemand(events() * kilobytes(Figure.RECORD_BYTES.value()));
    }

    /** A stream on demand, aggregated. */
    double onDemandAggregated() {
        return onDemand(
                events() / needs.perAggregate() * kilobytes(Figure.RECORD_BYTES.value() * needs.perAggregate()));
    }

    /** Everything, with the provisioned stream. */
    double leat() {
        return pollers() + database() + provisioned();
    }

    double leatAggregated() {
        return pollers() + database() + provisionedAggregated();
    }

    /** Replication instances in two zones, and a provisioned stream with one record for each change. */
    double dms() {
        double instances = Math.max(1, Needs.ceil(readerCores() / DMS_CORES));
        return Price.DMS_HOUR.monthly(2 * instances)
                + 2 * instances * DMS_DISK * Price.DATABASE_GB_MONTH.dollars()
                + provisioned();
    }

    /** Debezium on MSK Connect, and brokers in three zones that keep a day; it ends in Kafka. */
    double msk() {
        double bytes = needs.rate() * Figure.RECORD_BYTES.value();
        return Price.CONNECT_HOUR.monthly(Math.max(1, Needs.ceil(readerCores())))
                + Price.BROKER_HOUR.monthly(COPIES * Math.max(1, Needs.ceil(bytes / BROKER_BYTES)))
                + COPIES * bytes * 86_400 / 1e9 * Price.BROKER_GB_MONTH.dollars();
    }

    /** A function that is called for each change and puts it into a provisioned stream. */
    double lambda() {
        return events()
                        * (Price.LAMBDA_REQUEST.dollars()
                                + LAMBDA_SECONDS * LAMBDA_GB * Price.LAMBDA_GB_SECOND.dollars())
                + provisioned();
    }

    /** How many slots must be read side by side. */
    int readers() {
        return Needs.ceil(needs.rate() / Figure.CDC_RATE.value());
    }

    private double readerCores() {
        return needs.rate() * Figure.CDC_CPU.value() / 1e6 / Figure.BUSY.value();
    }

    private double events() {
        return needs.rate() * Price.SECONDS;
    }

    private static double onDemand(double kilobytes) {
        return Price.STREAM_HOUR.monthly(1) + kilobytes / (1 << 20) * (Price.GB_IN.dollars() + Price.GB_OUT.dollars());
    }

    private static double kilobytes(double bytes) {
        return Math.ceil(bytes / 1024);
    }
}
