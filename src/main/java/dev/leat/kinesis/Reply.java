package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;

/** The answer to a request that was accepted as a whole; entry n speaks of the request's record n. */
interface Reply {

    /** Null if the record was acknowledged. */
    @Nullable
    String errorCode(int entry);

    @Nullable
    String errorMessage(int entry);

    /** Only of a record that was acknowledged. */
    String shardId(int entry);

    /** Only of a record that was acknowledged. */
    String sequenceNumber(int entry);
}
