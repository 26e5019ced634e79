package dev.leat.localstream;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The place at which a listing of shards continues.
 *
 * @param after the last shard already named
 * @param issuedAt milliseconds since the epoch
 */
record PageToken(String stream, ShardFilter filter, String after, long issuedAt) {

    /** For how long a token may be used, in milliseconds. */
    static final long LIFE = 300_000;

    String token() {
        String plain = String.join(
                "|",
                stream,
                filter.type(),
                filter.shardId(),
                Long.toString(filter.timestamp()),
                after,
                Long.toString(issuedAt));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
    }

    static PageToken parse(String token, long now) {
        PageToken parsed = parse(token);
        if (now - parsed.issuedAt() > LIFE) {
            throw ServiceError.expiredToken("The NextToken is older than " + LIFE + " ms");
        }
        return parsed;
    }

    private static PageToken parse(String token) {
        try {
            String plain = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.US_ASCII);
            String[] parts = plain.split("\\|", -1);
            if (parts.length == 6) {
                ShardFilter filter = new ShardFilter(parts[1], parts[2], Long.parseLong(parts[3]));
                return new PageToken(parts[0], filter, parts[4], Long.parseLong(parts[5]));
            }
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
        throw invalid();
    }

    private static ServiceError invalid() {
        return ServiceError.invalid("Invalid NextToken");
    }
}
