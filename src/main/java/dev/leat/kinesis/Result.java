package dev.leat.kinesis;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** What the service says of one entry. */
record Result(
        @Nullable String shardId,
        @Nullable String sequenceNumber,
        @Nullable String code,
        @Nullable String errorMessage) {

    static Result of(PutRecordsResultEntry entry) {
        return new Result(entry.shardId(), entry.sequenceNumber(), entry.errorCode(), entry.errorMessage());
    }

    /** Null if the entry was acknowledged: one that says neither yes nor no was not. */
    @Nullable
    String errorCode() {
        boolean complete = sequenceNumber != null && shardId != null;
        return code != null ? code : complete ? null : "IncompleteReply";
    }
}
