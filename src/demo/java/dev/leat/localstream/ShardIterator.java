package dev.leat.localstream;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A place in a shard, as clients get it and give it back.
 *
 * @param streamCreatedAt distinguishes the stream from an earlier one of the same name
 * @param count the number of the next record to read
 * @param issuedAt milliseconds since the epoch
 */
record ShardIterator(String stream, long streamCreatedAt, String shardId, long count, long issuedAt) {

    /** For how long an iterator may be used, in milliseconds. */
    static final long LIFE = 300_000;

    String token() {
        String plain = String.join(
                "|", stream, Long.toString(streamCreatedAt), shardId, Long.toString(count), Long.toString(issuedAt));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
    }

    static ShardIterator parse(String token) {
        try {
            String plain = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
            String[] parts = plain.split("\\|", -1);
            if (parts.length == 5) {
                return new ShardIterator(
                        parts[0],
                        Long.parseLong(parts[1]),
                        parts[2],
                        Long.parseLong(parts[3]),
                        Long.parseLong(parts[4]));
            }
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
        throw invalid();
    }

    private static ServiceError invalid() {
        return ServiceError.invalid("Invalid ShardIterator");
    }
}
