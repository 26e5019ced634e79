package dev.leat.localstream;

import java.util.List;
import java.util.Optional;

/**
 * A case of the contract that the two endpoints answer differently.
 *
 * @param agrees which of them agrees with the service's documentation
 * @param because what the documentation says
 */
record Difference(String caseName, String ours, String theirs, Agrees agrees, String because) {

    enum Agrees {
        OURS,
        THEIRS,
        /** The documentation does not say. */
        SILENT
    }

    private static final String INVALID = "InvalidArgumentException";
    private static final String VALIDATION = "ValidationException";

    static final List<Difference> ALL = List.of(
            ours(
                    "empty partition key",
                    VALIDATION,
                    INVALID,
                    "1 to 256 characters; a broken constraint is ValidationException"),
            ours("partition key of 257 characters", VALIDATION, INVALID, "1 to 256 characters"),
            ours(
                    "partition key of 256 characters outside the BMP",
                    "none",
                    INVALID,
                    "the limit counts Unicode characters"),
            ours(
                    "hash key with a leading zero",
                    VALIDATION,
                    INVALID,
                    "the pattern is 0 or a number without leading zero"),
            ours("no entries", VALIDATION, "none", "1 to 500 entries"),
            ours("501 entries", VALIDATION, "none", "1 to 500 entries"),
            ours(
                    "record over the stream's maximum",
                    INVALID,
                    "none",
                    "data and key together up to the stream's maximum"),
            ours("request over 10 MiB", INVALID, "none", "10 MiB for the whole request"),
            ours(
                    "1,200 records into one shard at once",
                    "throttled beyond 1,000",
                    "all taken",
                    "a shard takes 1,000 records in a second"),
            ours(
                    "iterator at another shard's sequence number",
                    INVALID,
                    "none",
                    "InvalidArgumentException is for a parameter that cannot be used"),
            silent("iterator in the future", INVALID, "none"),
            ours("iterator made up", INVALID, "no code", "an error carries a code"),
            ours(
                    "description",
                    "ACTIVE PROVISIONED, 2 shards, 24 hours, 1024 KiB",
                    "ACTIVE PROVISIONED, 2 shards, 24 hours, null KiB",
                    "the summary names the largest record"),
            ours("create a stream without shards", VALIDATION, "LimitExceededException", "at least 1 shard"),
            new Difference(
                    "unsigned request",
                    "answered",
                    "refused",
                    Agrees.THEIRS,
                    "a request without credentials is refused; ours checks none"),
            ours(
                    "ranges of two shards",
                    "0-170141183460469231731687303715884105727 "
                            + "170141183460469231731687303715884105728-340282366920938463463374607431768211455",
                    "0-170141183460469231731687303715884105726 "
                            + "170141183460469231731687303715884105727-340282366920938463463374607431768211455",
                    "the examples cut the space at floor(i * 2^128 / n)"),
            ours(
                    "sequence numbers of a closed shard",
                    "its records lie within",
                    "its records lie outside",
                    "a closed shard's range ends with its ending sequence number"),
            ours("split at a shard's start", INVALID, "none", "the new key lies inside the shard's range"),
            silent("split of a closed shard", INVALID, "ResourceInUseException"),
            ours("scaling an on-demand stream", VALIDATION, "none", "UpdateShardCount is for provisioned streams"),
            ours(
                    "shards at the trim horizon after a split",
                    "1",
                    "3",
                    "AT_TRIM_HORIZON names the shards that were open then"));

    static Optional<Difference> of(ContractCase question) {
        return ALL.stream().filter(d -> d.caseName().equals(question.name())).findFirst();
    }

    private static Difference ours(String caseName, String ours, String theirs, String because) {
        return new Difference(caseName, ours, theirs, Agrees.OURS, because);
    }

    private static Difference silent(String caseName, String ours, String theirs) {
        return new Difference(caseName, ours, theirs, Agrees.SILENT, "the documentation does not say");
    }

    /** A row of the table in docs/local-stream.md. */
    String row() {
        String who = switch (agrees) {
            case OURS -> "local stream";
            case THEIRS -> "kinesis-local";
            case SILENT -> "neither";
        };
        return "| " + caseName + " | " + ours + " | " + theirs + " | " + who + ": " + because + " |";
    }
}
