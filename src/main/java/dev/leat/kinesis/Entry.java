package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/** What leaves of a line at once: one entry of a request, as Kinesis takes it. */
interface Entry {

    /** How many events it holds. */
    int events();

    /** Of data and partition key together, as the limits count them. */
    long bytes();

    String partitionKey();

    /** Where in the hash space it goes, in decimal; null: to the MD5 of its partition key. */
    @Nullable
    String explicitHashKey();

    /** Not to be written to. Packed records are built here, so that it costs the thread that sends. */
    byte[] data();
}
