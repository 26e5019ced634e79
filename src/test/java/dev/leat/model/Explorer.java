package dev.leat.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * Visits every state that can be reached, nearest first, so that the first way to a broken promise is a shortest one. A state in
 * which a promise is broken is not gone on from. Of two states that differ only in the names of the pollers, one is visited.
 */
final class Explorer {

    private final LaneProtocol protocol;
    private final Set<Promise> tolerated;
    private final Map<World, World> cameFrom = new HashMap<>();
    private final Queue<World> next = new ArrayDeque<>();
    private final Map<Promise, List<String>> broken = new EnumMap<>(Promise.class);
    private long steps;

    private Explorer(LaneProtocol protocol, Set<Promise> tolerated) {
        this.protocol = protocol;
        this.tolerated = tolerated;
        World start = protocol.start();
        cameFrom.put(start.canonical(), start);
        next.add(start);
    }

    /**
     * What was found.
     *
     * @param states how many different ones were visited
     * @param steps how many led from one to another
     * @param broken for each promise that can be broken, a shortest way there
     */
    record Findings(int states, long steps, Map<Promise, List<String>> broken) {}

    /**
     * Visits all states.
     *
     * @param tolerated promises whose breach is noted, and gone on from
     */
    static Findings exhaust(LaneProtocol protocol, Set<Promise> tolerated) {
        Explorer explorer = new Explorer(protocol, tolerated);
        while (!explorer.next.isEmpty()) {
            explorer.visit(explorer.next.remove());
        }
        return explorer.findings();
    }

    /** Visits states until this promise was seen broken; all states, if it is not. */
    static Findings search(LaneProtocol protocol, Promise wanted) {
        Explorer explorer = new Explorer(protocol, Set.of());
        while (!explorer.next.isEmpty() && !explorer.broken.containsKey(wanted)) {
            explorer.visit(explorer.next.remove());
        }
        return explorer.findings();
    }

    private Findings findings() {
        return new Findings(cameFrom.size(), steps, broken);
    }

    private void visit(World world) {
        protocol.stepsFrom(world, (actor, act, id, then) -> {
            steps++;
            Set<Promise> promises = protocol.brokenBy(world, act, id, then);
            for (Promise promise : promises) {
                broken.computeIfAbsent(promise, first -> way(world, act.by(actor, id)));
            }
            if (tolerated.containsAll(promises) && cameFrom.putIfAbsent(then.canonical(), world) == null) {
                next.add(then);
            }
        });
    }

    private List<String> way(World last, String step) {
        List<String> way = new ArrayList<>(List.of(step));
        World to = last;
        World from = from(to);
        while (!from.equals(to)) {
            way.add(step(from, to));
            to = from;
            from = from(to);
        }
        Collections.reverse(way);
        return way;
    }

    private World from(World world) {
        World from = cameFrom.get(world.canonical());
        if (from == null) {
            throw new IllegalStateException("never been at " + world);
        }
        return from;
    }

    private String step(World from, World to) {
        List<String> names = new ArrayList<>(1);
        protocol.stepsFrom(from, (actor, act, id, then) -> {
            if (then.equals(to)) {
                names.add(act.by(actor, id));
            }
        });
        return names.get(0);
    }
}
