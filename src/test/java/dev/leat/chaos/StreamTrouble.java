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

    static Healing failingEntries(Arena arena, Random dice) {
        double share = 0.01 + 0.49 * dice.nextDouble();
        String code = dice.nextBoolean() ? "ProvisionedThroughputExceededException" : "InternalFailure";
        return arena.trouble().with("entries", faults -> faults.failingEntries(share, code));
    }

    static Healing shuffledEntries(Arena arena, Random dice) {
        return arena.trouble().with("shuffled", Faults::shufflingEntries);
    }

    static Healing throttled(Arena arena, Random dice) {
        return arena.trouble().with("throttled", Faults::throttling);
    }

    static Healing someThrottled(Arena arena, Random dice) {
        double share = 0.1 + 0.8 * dice.nextDouble();
        return arena.trouble().with("throttled", faults -> faults.throttling(share));
    }

    static Healing failingRequests(Arena arena, Random dice) {
        double share = 0.05 + 0.75 * dice.nextDouble();
        return arena.trouble().with("requests", faults -> faults.failingRequests(share));
    }

    static Healing lostAnswers(Arena arena, Random dice) {
        double share = 0.05 + 0.45 * dice.nextDouble();
        return arena.trouble().with("lost", faults -> faults.losingAnswers(share));
    }

    static Healing resets(Arena arena, Random dice) {
        double share = 0.05 + 0.75 * dice.nextDouble();
        return arena.trouble().with("resets", faults -> faults.resettingConnections(share));
    }

    static Healing lies(Arena arena, Random dice) {
        double share = 0.05 + 0.75 * dice.nextDouble();
        return arena.trouble().with("wrong counts", faults -> faults.wrongCounts(share));
    }

    static Healing hangingBefore(Arena arena, Random dice) {
        double share = 0.05 + 0.45 * dice.nextDouble();
        return arena.trouble().with("before", faults -> faults.hangingBeforeApplying(share));
    }

    static Healing hangingAfter(Arena arena, Random dice) {
        double share = 0.05 + 0.45 * dice.nextDouble();
        return arena.trouble().with("after", faults -> faults.hangingAfterApplying(share));
    }

    /** Kinesis allows half and double of what there is; readers read parents to their end first. */
    static Healing reshard(Arena arena, Random dice) {
        int target = arena.shards() <= 2 || arena.shards() < 16 && dice.nextBoolean()
                ? arena.shards() * 2 - dice.nextInt(2)
                : (arena.shards() + 1) / 2;
        arena.reshard(target);
        return Healing.NOTHING;
    }

    static Healing slow(Arena arena, Random dice) {
        int[] longest = {100, 500, 2_000, 10_000};
        Duration most = Duration.ofMillis(longest[dice.nextInt(longest.length)]);
        return arena.trouble().with("slow", faults -> faults.delaying(Duration.ofMillis(20), most));
    }
}
