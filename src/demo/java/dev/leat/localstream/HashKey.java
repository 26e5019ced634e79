package dev.leat.localstream;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A hash key: an unsigned number of 128 bits. */
record HashKey(long high, long low) implements Comparable<HashKey> {

    static final HashKey MIN = new HashKey(0, 0);
    static final HashKey MAX = new HashKey(-1, -1);
    static final BigInteger SPACE = BigInteger.ONE.shiftLeft(128);

    /** @throws IllegalArgumentException if the value is not in the hash space */
    static HashKey of(BigInteger value) {
        if (value.signum() < 0 || value.bitLength() > 128) {
            throw new IllegalArgumentException(value + " is not a number of 128 bits");
        }
        return new HashKey(value.shiftRight(64).longValue(), value.longValue());
    }

    /** The hash key of a partition key: its MD5. Each thread has its own digest. */
    static HashKey ofPartitionKey(String partitionKey, MessageDigest md5) {
        ByteBuffer digest = ByteBuffer.wrap(md5.digest(partitionKey.getBytes(StandardCharsets.UTF_8)));
        return new HashKey(digest.getLong(), digest.getLong());
    }

    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    BigInteger value() {
        return new BigInteger(
                1, ByteBuffer.allocate(16).putLong(high).putLong(low).array());
    }

    HashKey previous() {
        return of(value().subtract(BigInteger.ONE));
    }

    HashKey next() {
        return of(value().add(BigInteger.ONE));
    }

    @Override
    public int compareTo(HashKey other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        return value().toString();
    }
}
