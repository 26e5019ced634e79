package dev.leat.localstream;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The faults that a local stream injects, and the seed of its random choices. Immutable: each method returns a copy that differs in one
 * thing, and {@link LocalStream#faults(Faults)} puts it into force at once. Shares are probabilities between 0 and 1.
 *
 * <p>Unless {@link #on} says otherwise only PutRecord and PutRecords meet faults, so that readers see what arrived.
 */
public final class Faults {

    private static final String THROUGHPUT = "ProvisionedThroughputExceededException";
    private static final Faults NONE = new Faults();

    // Written only by the constructor, and by the change that makes a copy before others see the copy.
    long seed = 1;
    Set<String> operations = Set.of("PutRecord", "PutRecords");
    double failingEntries;
    String entryCode = THROUGHPUT;
    boolean shuffled;
    double failingRequests;
    double throttledRequests;

    @Nullable
    Instant throttledUntil;

    double resets;
    double lostAnswers;
    double wrongCounts;
    double hangingBefore;
    double hangingAfter;
    Duration delayFrom = Duration.ZERO;
    Duration delayTo = Duration.ZERO;

    private Faults() {}

    private Faults with(Consumer<Faults> change) {
        Faults copy = new Faults();
        copy.seed = seed;
        copy.operations = operations;
        copy.failingEntries = failingEntries;
        copy.entryCode = entryCode;
        copy.shuffled = shuffled;
        copy.failingRequests = failingRequests;
        copy.throttledRequests = throttledRequests;
        copy.throttledUntil = throttledUntil;
        copy.resets = resets;
        copy.lostAnswers = lostAnswers;
        copy.wrongCounts = wrongCounts;
        copy.hangingBefore = hangingBefore;
        copy.hangingAfter = hangingAfter;
        copy.delayFrom = delayFrom;
        copy.delayTo = delayTo;
        change.accept(copy);
        return copy;
    }

    private static double share(double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException("a share must lie between 0 and 1, not " + value);
        }
        return value;
    }

    /** No faults at all. */
    public static Faults none() {
        return NONE;
    }

    /** Sets the seed: the same requests, one after the other, meet the same faults. */
    public Faults seed(long value) {
        return with(f -> f.seed = value);
    }

    /** The operations that meet faults, named as in the protocol, such as {@code "GetRecords"}. */
    public Faults on(String... names) {
        return with(f -> f.operations = Set.of(names));
    }

    /** A share of the entries of PutRecords (and of PutRecord requests) fails with ProvisionedThroughputExceededException. */
    public Faults failingEntries(double share) {
        return failingEntries(share, THROUGHPUT);
    }

    /** A share of the entries fails with that code, such as {@code InternalFailure}. */
    public Faults failingEntries(double share, String code) {
        return with(f -> {
            f.failingEntries = share(share);
            f.entryCode = code;
        });
    }

    /** The entries of a PutRecords request are applied in random order. */
    public Faults shufflingEntries() {
        return with(f -> f.shuffled = true);
    }

    /** A share of the requests is answered with InternalFailure and status 500; nothing of them is applied. */
    public Faults failingRequests(double share) {
        return with(f -> f.failingRequests = share(share));
    }

    /** Every request is throttled as a whole until faults are set anew. */
    public Faults throttling() {
        return throttling(1);
    }

    /** A share of the requests is throttled as a whole: ProvisionedThroughputExceededException, nothing applied. */
    public Faults throttling(double share) {
        return with(f -> f.throttledRequests = share(share));
    }

    /** Every request is throttled as a whole until that time of the endpoint's clock. */
    public Faults throttlingUntil(Instant time) {
        return with(f -> f.throttledUntil = time);
    }

    /** A share of the requests has its connection closed before anything is applied. */
    public Faults resettingConnections(double share) {
        return with(f -> f.resets = share(share));
    }

    /** A share of the requests is applied, but its connection is closed without an answer. */
    public Faults losingAnswers(double share) {
        return with(f -> f.lostAnswers = share(share));
    }

    /**
     * A share of the PutRecords requests is applied, and answered with a FailedRecordCount that is wrong, or with one of the
     * Records too few or too many.
     */
    public Faults wrongCounts(double share) {
        return with(f -> f.wrongCounts = share(share));
    }

    /** A share of the requests hangs, and is applied only when faults are set anew: it may be applied after its own retry. */
    public Faults hangingBeforeApplying(double share) {
        return with(f -> f.hangingBefore = share(share));
    }

    /** A share of the requests is applied at once, and answered only when faults are set anew. */
    public Faults hangingAfterApplying(double share) {
        return with(f -> f.hangingAfter = share(share));
    }

    /** Every request waits for that long before it is applied. */
    public Faults delaying(Duration fixed) {
        return delaying(fixed, fixed);
    }

    /** Every request waits for a random time between the two before it is applied. */
    public Faults delaying(Duration from, Duration to) {
        if (from.isNegative() || to.compareTo(from) < 0) {
            throw new IllegalArgumentException("a delay cannot lie between " + from + " and " + to);
        }
        return with(f -> {
            f.delayFrom = from;
            f.delayTo = to;
        });
    }

    @Override
    public String toString() {
        return "Faults[seed=" + seed + " on " + operations + ": entries " + failingEntries + " " + entryCode
                + (shuffled ? " shuffled" : "") + ", requests " + failingRequests + ", throttled " + throttledRequests
                + " until " + throttledUntil + ", resets " + resets + ", lost answers " + lostAnswers
                + ", wrong counts " + wrongCounts + ", hanging "
                + hangingBefore + " before " + hangingAfter + " after, delay " + delayFrom + " to " + delayTo + "]";
    }
}
