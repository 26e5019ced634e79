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
final class Storm {

    /** Shorter storms have shorter disturbances. */
    private static final Duration USUAL = Duration.ofSeconds(8);

    private static final int AT_ONCE = 3;
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Arena arena;
    private final List<Kind> menu;
    private final Random dice;
    private final double tempo;
    private final List<Raging> raging = new ArrayList<>();
    private final Map<Kind, Integer> struck = new EnumMap<>(Kind.class);

    private record Raging(Kind kind, long untilNanos, Disturbance.Healing healing) {}

    Storm(Arena arena) {
        this.arena = arena;
        this.menu = arena.plan().menu();
        this.tempo = Math.min(1, arena.plan().storm().toMillis() / (double) USUAL.toMillis());
        this.dice = new Random(arena.plan().seed() ^ 0x5707);
    }

    /** Strikes for as long as planned, and until every kind has; what lasts longer is still in force at the end. */
    void rage() throws Exception {
        List<Kind> first = new ArrayList<>(menu);
        long end = System.nanoTime() + arena.plan().storm().toNanos();
        long next = System.nanoTime();
        while (System.nanoTime() - end < 0 || !first.isEmpty()) {
            healWhatIsDue();
            arena.crew().supervise();
            if (System.nanoTime() - next >= 0 && raging.size() < AT_ONCE) {
                Kind kind = first.isEmpty() ? menu.get(dice.nextInt(menu.size())) : first.remove(0);
                if (raging.stream().noneMatch(other -> other.kind == kind)) {
                    strike(kind);
                }
                next = System.nanoTime() + (long) (tempo * TimeUnit.MILLISECONDS.toNanos(150 + dice.nextInt(1_000)));
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }

    private void strike(Kind kind) throws Exception {
        int drawn = kind.shortestMillis + dice.nextInt(1 + kind.longestMillis - kind.shortestMillis);
        long millis = kind.has(Kind.Trait.LASTS) ? drawn : (long) (drawn * tempo);
        Disturbance.Healing healing = kind.disturbance.strike(arena, dice);
        struck.merge(kind, 1, Integer::sum);
        raging.add(new Raging(kind, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), healing));
    }

    private void healWhatIsDue() throws Exception {
        for (Iterator<Raging> all = raging.iterator(); all.hasNext(); ) {
            Raging one = all.next();
            if (System.nanoTime() - one.untilNanos >= 0) {
                all.remove();
                one.healing.heal();
            }
        }
    }

    /** Waits for what is to last, and heals it. */
    void end() throws Exception {
        for (Raging one : raging) {
            if (one.kind.has(Kind.Trait.LASTS)) {
                LockSupport.parkNanos(one.untilNanos - System.nanoTime());
            }
            one.healing.heal();
        }
        raging.clear();
    }

    /** How often each kind has struck. */
    Map<Kind, Integer> struck() {
        return struck;
    }
}
