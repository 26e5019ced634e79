package dev.leat.localstream;

/**
 * A token bucket that holds at most the amount of one second. An amount larger than that is allowed if the bucket is full, and makes its
 * content negative: so the service accepts a large record from time to time. Not thread-safe.
 */
final class TokenBucket {

    private final double perSecond;
    private double left;
    private long filledAt;

    TokenBucket(double perSecond, long nowMillis) {
        this.perSecond = perSecond;
        this.left = perSecond;
        this.filledAt = nowMillis;
    }

    boolean allows(double amount, long nowMillis) {
        if (nowMillis > filledAt) {
            left = Math.min(perSecond, left + (nowMillis - filledAt) * perSecond / 1000);
            filledAt = nowMillis;
        }
        return left >= Math.min(amount, perSecond);
    }

    void take(double amount) {
        left -= amount;
    }
}
