package dev.leat.capacity;

/** List prices of us-east-1 in US dollars, as the page's sources have them. */
enum Price {
    SHARD_HOUR(0.015, "Kinesis, provisioned: a shard for an hour"),
    PUT_UNIT(0.014e-6, "Kinesis, provisioned: a payload unit, up to 25 KB of one record"),
    STREAM_HOUR(0.04, "Kinesis, on demand: a stream for an hour"),
    GB_IN(0.08, "Kinesis, on demand: a GB written, each record rounded up to 1 KB"),
    GB_OUT(0.04, "Kinesis, on demand: a GB read"),
    FARGATE_CPU_HOUR(0.04048, "Fargate, Linux/x86: a vCPU for an hour"),
    FARGATE_GB_HOUR(0.004445, "Fargate, Linux/x86: a GB of memory for an hour"),
    DATABASE_CPU_HOUR(0.0725, "RDS for PostgreSQL, db.t3.large, one zone: a vCPU for an hour"),
    DATABASE_GB_MONTH(0.115, "RDS and DMS: a GB of storage for a month"),
    DMS_HOUR(0.23, "DMS, dms.r5.large (2 vCPU), one zone: an hour"),
    CONNECT_HOUR(0.11, "MSK Connect: an MCU (1 vCPU, 4 GB) for an hour"),
    BROKER_HOUR(0.21, "MSK, kafka.m5.large: a broker for an hour"),
    BROKER_GB_MONTH(0.10, "MSK: a GB of storage for a month"),
    LAMBDA_REQUEST(0.20e-6, "Lambda: a request"),
    LAMBDA_GB_SECOND(0.0000166667, "Lambda, x86: a GB of memory for a second");

    static final double HOURS = 730;
    static final double SECONDS = HOURS * 3600;

    private final double dollars;
    private final String meaning;

    Price(double dollars, String meaning) {
        this.dollars = dollars;
        this.meaning = meaning;
    }

    double dollars() {
        return dollars;
    }

    /** What so many of an hourly thing cost in a month. */
    double monthly(double count) {
        return count * dollars * HOURS;
    }

    String meaning() {
        return meaning;
    }
}
