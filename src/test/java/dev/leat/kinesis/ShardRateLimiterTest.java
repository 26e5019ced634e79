package dev.leat.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pollers with a backlog share one simulated shard, with a simulated clock. */
final class ShardRateLimiterTest {

    private static final long SEED = Long.getLong("leat.test.seed", 1);
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000 * MILLI;

    /** A shard with its second's worth of burst. */
    static final class Shard {
        final double records;
        final double bytes;
        double recordsLeft;
        double bytesLeft;
        long at;
        long accepted;
        long refused;

        Shard(double records, double bytes) {
            this.records = records;
            this.bytes = bytes;
            this.recordsLeft = records;
            this.bytesLeft = bytes;
        }

        int put(int count, int size, long now) {
            recordsLeft = Math.min(records, recordsLeft + records * (now - at) / 1e9);
            bytesLeft = Math.min(bytes, bytesLeft + bytes * (now - at) / 1e9);
            at = now;
            int taken = (int) Math.max(0, Math.min(count, Math.min(recordsLeft, bytesLeft / size)));
            recordsLeft -= taken;
            bytesLeft -= (double) taken * size;
            accepted += taken;
            refused += count - taken;
            return taken;
        }
    }

    record Put(Poller poller, int count, int taken, long sentAt, long at) {}

    static final class Poller {
        final ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        final int size;
        long awayUntil;
        int inFlight;
        long accepted;
        long joinedAt;
        long goneAt = Long.MAX_VALUE;

        Poller(int size) {
            this.size = size;
        }
    }

    static final class Simulation {
        final Random random;
        final Shard shard;
        final List<Poller> pollers = new ArrayList<>();
        final PriorityQueue<Put> inFlight = new PriorityQueue<>(Comparator.comparingLong(Put::at));
        long now;

        Simulation(Shard shard, int count, int size) {
            random = new Random(SEED);
            this.shard = shard;
            for (int n = 0; n < count; n++) {
                Poller poller = new Poller(size);
                poller.joinedAt = n * 137 * MILLI;
                pollers.add(poller);
            }
        }

        void run(double seconds) {
            long end = now + (long) (seconds * 1e9);
            for (; now < end; now += MILLI) {
                while (!inFlight.isEmpty() && inFlight.peek().at <= now) {
                    complete(inFlight.remove());
                }
                for (Poller poller : pollers) {
                    if (now >= poller.joinedAt && now < poller.goneAt && now >= poller.awayUntil) {
                        send(poller);
                    }
                }
            }
        }

        void send(Poller poller) {
            // Now and then its lanes are elsewhere for a while.
            if (random.nextInt(100) == 0) {
                poller.awayUntil = now + random.nextInt(200) * MILLI;
                return;
            }
            int count = 0;
            while (poller.inFlight < 4 && count < 250 && poller.limiter.availableAt(now) <= now) {
                poller.limiter.consume(poller.size, now);
                count++;
            }
            if (count > 0) {
                poller.inFlight++;
                int taken = shard.put(count, poller.size, now);
                inFlight.add(new Put(poller, count, taken, now, now + (3 + random.nextInt(30)) * MILLI));
            }
        }

        void complete(Put put) {
            Poller poller = put.poller;
            poller.inFlight--;
            poller.accepted += put.taken;
            int refused = put.count - put.taken;
            if (put.taken > 0) {
                poller.limiter.stored(put.taken, (long) put.taken * poller.size, now);
            }
            if (refused > 0 && put.taken > 0) {
                poller.limiter.throttled(refused, (long) refused * poller.size, put.sentAt, now);
            } else if (refused > 0) {
                // Nothing of it was stored: the lane backs off.
                poller.awayUntil = now + (25 + random.nextInt(25)) * MILLI;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1000, 1048576, 300", "2, 1000, 1048576, 300", "4, 1000, 1048576, 300", "8, 1000, 1048576, 300",
        "1, 1000, 1048576, 20000", "4, 1000, 1048576, 20000", "1, 250, 262144, 300", "4, 250, 262144, 300",
        "4, 5000, 5242880, 300"
    })
    void pollersThatDoNotKnowEachOtherKeepAShardBusyAndAreRarelyThrottled(
            int pollers, double records, double bytes, int size) {
        System.out.println("ShardRateLimiterTest: -Dleat.test.seed=" + SEED);
        Simulation simulation = new Simulation(new Shard(records, bytes), pollers, size);
        double limit = Math.min(records, bytes / size);
        simulation.run(5);
        long startAccepted = simulation.shard.accepted;
        long startRefused = simulation.shard.refused;
        simulation.run(60);
        long accepted = simulation.shard.accepted - startAccepted;
        long refused = simulation.shard.refused - startRefused;
        double busy = accepted / (60 * limit);
        double share = (double) refused / (accepted + refused);
        assertThat(busy).isGreaterThan(0.95);
        assertThat(share).isLessThan(0.05);
    }

    @Test
    void whatOthersNoLongerSendIsUsed() {
        Simulation simulation = new Simulation(new Shard(1_000, 1 << 20), 4, 300);
        simulation.run(60);
        simulation.pollers.subList(1, 4).forEach(poller -> poller.goneAt = simulation.now);
        simulation.run(15);
        long before = simulation.shard.accepted;
        simulation.run(20);
        assertThat(simulation.shard.accepted - before).isGreaterThan(19_000);
    }

    @Test
    void whoJoinsGetsAShare() {
        Simulation simulation = new Simulation(new Shard(1_000, 1 << 20), 2, 300);
        simulation.pollers.get(1).joinedAt = 30 * SECOND;
        simulation.run(90);
        long before = simulation.pollers.get(1).accepted;
        simulation.run(60);
        assertThat(simulation.pollers.get(1).accepted - before).isGreaterThan(60 * 1_000 / 8);
    }

    @Test
    void withoutARefusalThereIsNoLimit() {
        ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        for (int n = 0; n < 100_000; n++) {
            limiter.consume(1 << 20, 0);
        }
        limiter.stored(100_000, 100_000L << 20, 0);
        assertThat(limiter.availableAt(0)).isZero();
        assertThat(limiter.limited()).isFalse();
    }

    @Test
    void aLimitThatIsGoneIsLeftWithinSeconds() {
        ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        limiter.stored(500, 500, 0);
        limiter.throttled(500, 500, 0, 0);
        assertThat(limiter.rate()).isEqualTo(0.5);
        long now = 0;
        while (limiter.limited() && now < 60 * SECOND) {
            now += 10 * MILLI;
            while (limiter.limited() && limiter.availableAt(now) <= now) {
                limiter.consume(300, now);
            }
        }
        assertThat(now).isLessThan(20 * SECOND);
    }

    @Test
    void aQuietHourTeachesNothing() {
        ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        limiter.stored(500, 500, 0);
        limiter.throttled(500, 500, 0, 0);
        long hour = 3_600 * SECOND;
        assertThat(limiter.availableAt(hour)).isLessThan(hour);
        assertThat(limiter.rate()).isLessThan(0.6);
    }

    @Test
    void requestsSentBeforeADecreaseTellNothingNew() {
        ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        limiter.stored(900, 900, 5);
        limiter.throttled(100, 100, 0, 5);
        limiter.throttled(100, 100, 4, 6);
        assertThat(limiter.rate()).isEqualTo(0.9);
        limiter.throttled(100, 100, 7, 8);
        assertThat(limiter.rate()).isBetween(0.59, 0.61);
    }

    @Test
    void aShardThatIsExhaustedOpensForAPortion() {
        ShardRateLimiter limiter = new ShardRateLimiter("shard", null, 0);
        limiter.stored(1_000, 1_000, 0);
        limiter.throttled(1, 1, 0, 0);
        long opens = limiter.availableAt(0);
        assertThat(opens).isBetween(50 * MILLI, 100 * MILLI);
        int portion = 0;
        for (; limiter.availableAt(opens) <= opens; portion++) {
            limiter.consume(300, opens);
        }
        assertThat(portion).isBetween(50, 100);
    }
}
