package dev.leat.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Starts disturbances, each kind once and then at random, up to three at a time, and ends them. */
final class Disturbances {

    /** Shorter plans have shorter disturbances. */
    private static final Duration USUAL = Duration.ofSeconds(8);

    private static final int AT_ONCE = 3;
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final TestSystem system;
    private final List<Kind> menu;
    private final Random random;
    private final double tempo;
    private final List<Active> active = new ArrayList<>();
    private final Map<Kind, Integer> started = new EnumMap<>(Kind.class);

    private record Active(Kind kind, long untilNanos, Disturbance.Healing healing) {}

    Disturbances(TestSystem system) {
        this.system = system;
        this.menu = system.plan().menu();
        this.tempo = Math.min(1, system.plan().disturbed().toMillis() / (double) USUAL.toMillis());
        this.random = new Random(system.plan().seed() ^ 0x5707);
    }

    /** Starts disturbances for as long as planned, and until every kind was started. What lasts longer is still in force at the end. */
    void run() throws Exception {
        List<Kind> first = new ArrayList<>(menu);
        long end = System.nanoTime() + system.plan().disturbed().toNanos();
        long next = System.nanoTime();
        while (System.nanoTime() - end < 0 || !first.isEmpty()) {
            healWhatIsDue();
            system.supervisor().supervise();
            if (System.nanoTime() - next >= 0 && active.size() < AT_ONCE) {
                Kind kind = first.isEmpty() ? menu.get(random.nextInt(menu.size())) : first.remove(0);
                if (active.stream().noneMatch(other -> other.kind == kind)) {
                    start(kind);
                }
                next = System.nanoTime() + (long) (tempo * TimeUnit.MILLISECONDS.toNanos(150 + random.nextInt(1_000)));
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }

    private void start(Kind kind) throws Exception {
        int drawn = kind.shortestMillis + random.nextInt(1 + kind.longestMillis - kind.shortestMillis);
        long millis = kind.has(Kind.Trait.LASTS) ? drawn : (long) (drawn * tempo);
        Disturbance.Healing healing = kind.disturbance.start(system, random);
        started.merge(kind, 1, Integer::sum);
        active.add(new Active(kind, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), healing));
    }

    private void healWhatIsDue() throws Exception {
        for (Iterator<Active> all = active.iterator(); all.hasNext(); ) {
            Active one = all.next();
            if (System.nanoTime() - one.untilNanos >= 0) {
                all.remove();
                one.healing.heal();
            }
        }
    }

    /** Waits for what is to last, and heals it. */
    void end() throws Exception {
        for (Active one : active) {
            if (one.kind.has(Kind.Trait.LASTS)) {
                LockSupport.parkNanos(one.untilNanos - System.nanoTime());
            }
            one.healing.heal();
        }
        active.clear();
    }

    /** How often each kind has started. */
    Map<Kind, Integer> started() {
        return started;
    }
}
