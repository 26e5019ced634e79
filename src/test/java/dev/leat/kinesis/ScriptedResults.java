package dev.leat.kinesis;

import java.util.List;

/** Results of an answer, as a test defines them. */
final class ScriptedResults {

    private static final String SHARD = "shardId-000000000000";

    private ScriptedResults() {}

    /**
     * @param codes the error code of each entry, empty if it is stored
     * @param sequence the sequence number of all entries that are
     */
    static List<PutRecordsClient.EntryResult> of(List<String> codes, long sequence) {
        return codes.stream()
                .map(code -> code.isEmpty()
                        ? new PutRecordsClient.EntryResult(SHARD, Long.toString(sequence), null, null)
                        : new PutRecordsClient.EntryResult(null, null, code, null))
                .toList();
    }
}
