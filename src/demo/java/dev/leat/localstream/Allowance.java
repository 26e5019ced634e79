package dev.leat.localstream;

/**
 * A bucket that refills steadily up to one second's worth. An amount larger than a full bucket is allowed when the bucket is full
 * and leaves it in debt, as the service lets a large record through now and then. Not thread-safe.
 */
final class Allowance {

    private final double perSecond;
    private double left;
    private long filledAt;

    Allowance(double perSecond, long nowMillis) {
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
