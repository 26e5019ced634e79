package dev.leat.kinesis;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reply as a test writes it. */
record ScriptedReply(List<String> codes, long sequence) implements Reply {

    /**
     * @param codes of each entry, empty if it is acknowledged
     * @param sequence the sequence number of all that are
     */
    static ScriptedReply of(List<String> codes, long sequence) {
        return new ScriptedReply(List.copyOf(codes), sequence);
    }

    @Override
    public @Nullable String errorCode(int entry) {
        return codes.get(entry).isEmpty() ? null : codes.get(entry);
    }

    @Override
    public @Nullable String errorMessage(int entry) {
        return null;
    }

    @Override
    public String shardId(int entry) {
        return "shardId-000000000000";
    }

    @Override
    public String sequenceNumber(int entry) {
        return Long.toString(sequence);
    }
}
