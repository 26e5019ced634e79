package dev.leat.publish;

/** How the events of a stream become Kinesis records. {@code docs/formats.md} describes each to those who read the stream. */
public enum PackFormat {
    /** One event a record. */
    NONE,

    /** Several events of a lane in one record, in the aggregation format that the Kinesis client library and Firehose unpack. */
    KPL,

    /** Several events of a lane in one record, each a line of JSON that ends with a newline. */
    LINES
}
