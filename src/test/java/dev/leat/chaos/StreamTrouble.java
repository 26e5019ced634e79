package dev.leat.chaos;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.localstream.Faults;
import dev.leat.localstream.LocalStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Disturbances of the stream. Several kinds can be in force at once. Each change releases the requests that hang. */
final class StreamTrouble {

    private final LocalStream stream;
    private final Map<String, UnaryOperator<Faults>> inForce = new LinkedHashMap<>();
    private long seed;

    StreamTrouble(LocalStream stream, long seed) {
        this.stream = stream;
        this.seed = seed;
    }

    private Healing with(String name, UnaryOperator<Faults> faults) {
        inForce.put(name, faults);
        apply();
        return () -> {
            inForce.remove(name);
            apply();
        };
    }

    private void apply() {
        Faults faults = Faults.none().seed(seed++);
        for (UnaryOperator<Faults> more : inForce.values()) {
            faults = more.apply(faults);
        }
        stream.faults(faults);
    }

    static Healing failingEntries(TestSystem system, Random random) {
        double share = 0.01 + 0.49 * random.nextDouble();
        String code = random.nextBoolean() ? "ProvisionedThroughputExceededException" : "InternalFailure";
        return system.trouble().with("entries", faults -> faults.failingEntries(share, code));
    }

    static Healing shuffledEntries(TestSystem system, Random random) {
        return system.trouble().with("shuffled", Faults::shufflingEntries);
    }

    static Healing throttled(TestSystem system, Random random) {
        return system.trouble().with("throttled", Faults::throttling);
    }

    static Healing someThrottled(TestSystem system, Random random) {
        double share = 0.1 + 0.8 * random.nextDouble();
        return system.trouble().with("throttled", faults -> faults.throttling(share));
    }

    static Healing failingRequests(TestSystem system, Random random) {
        double share = 0.05 + 0.75 * random.nextDouble();
        return system.trouble().with("requests", faults -> faults.failingRequests(share));
    }

    static Healing lostAnswers(TestSystem system, Random random) {
        double share = 0.05 + 0.45 * random.nextDouble();
        return system.trouble().with("lost", faults -> faults.losingAnswers(share));
    }

    static Healing resets(TestSystem system, Random random) {
        double share = 0.05 + 0.75 * random.nextDouble();
        return system.trouble().with("resets", faults -> faults.resettingConnections(share));
    }

    static Healing lies(TestSystem system, Random random) {
        double share = 0.05 + 0.75 * random.nextDouble();
        return system.trouble().with("wrong counts", faults -> faults.wrongCounts(share));
    }

    static Healing hangingBefore(TestSystem system, Random random) {
        double share = 0.05 + 0.45 * random.nextDouble();
        return system.trouble().with("before", faults -> faults.hangingBeforeApplying(share));
    }

    static Healing hangingAfter(TestSystem system, Random random) {
        double share = 0.05 + 0.45 * random.nextDouble();
        return system.trouble().with("after", faults -> faults.hangingAfterApplying(share));
    }

    /** Kinesis allows half and double of what there is; readers read parents to their end first. */
    static Healing reshard(TestSystem system, Random random) {
        int target = system.shards() <= 2 || system.shards() < 16 && random.nextBoolean()
                ? system.shards() * 2 - random.nextInt(2)
                : (system.shards() + 1) / 2;
        system.reshard(target);
        return Healing.NOTHING;
    }

    static Healing slow(TestSystem system, Random random) {
        int[] longest = {100, 500, 2_000, 10_000};
        Duration most = Duration.ofMillis(longest[random.nextInt(longest.length)]);
        return system.trouble().with("slow", faults -> faults.delaying(Duration.ofMillis(20), most));
    }
}
