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
 * Visits every state that can be reached, in the order of the number of steps to it, so that the first way found to a broken promise is a
 * shortest one. It does not go on from a state in which a promise is broken. Of two states that differ only in the names of the pollers, it
 * visits one.
 */
final class Explorer {

    private final LaneProtocol protocol;
    private final Set<Promise> tolerated;
    private final Map<State, State> cameFrom = new HashMap<>();
    private final Queue<State> next = new ArrayDeque<>();
    private final Map<Promise, List<String>> broken = new EnumMap<>(Promise.class);
    private long steps;

    private Explorer(LaneProtocol protocol, Set<Promise> tolerated) {
        this.protocol = protocol;
        this.tolerated = tolerated;
        State start = protocol.start();
        cameFrom.put(start.canonical(), start);
        next.add(start);
    }

    /**
     * The result of a search.
     *
     * @param states how many different states were visited
     * @param steps how many steps between states were tried
     * @param broken for each promise that can be broken, the steps of a shortest way to that
     */
    record Findings(int states, long steps, Map<Promise, List<String>> broken) {}

    /**
     * Visits all states.
     *
     * @param tolerated promises whose breach is recorded, and after whose breach the search goes on
     */
    static Findings exhaust(LaneProtocol protocol, Set<Promise> tolerated) {
        Explorer explorer = new Explorer(protocol, tolerated);
        while (!explorer.next.isEmpty()) {
            explorer.visit(explorer.next.remove());
        }
        return explorer.findings();
    }

    /** Visits states until this promise is broken, or all states if it never is. */
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

    private void visit(State state) {
        protocol.stepsFrom(state, (actor, act, id, then) -> {
            steps++;
            Set<Promise> promises = protocol.brokenBy(state, act, id, then);
            for (Promise promise : promises) {
                broken.computeIfAbsent(promise, first -> way(state, act.by(actor, id)));
            }
            if (tolerated.containsAll(promises) && cameFrom.putIfAbsent(then.canonical(), state) == null) {
                next.add(then);
            }
        });
    }

    private List<String> way(State last, String step) {
        List<String> way = new ArrayList<>(List.of(step));
        State to = last;
        State from = from(to);
        while (!from.equals(to)) {
            way.add(step(from, to));
            to = from;
            from = from(to);
        }
        Collections.reverse(way);
        return way;
    }

    private State from(State state) {
        State from = cameFrom.get(state.canonical());
        if (from == null) {
            throw new IllegalStateException("never been at " + state);
        }
        return from;
    }

    private String step(State from, State to) {
        List<String> names = new ArrayList<>(1);
        protocol.stepsFrom(from, (actor, act, id, then) -> {
            if (then.equals(to)) {
                names.add(act.by(actor, id));
            }
        });
        return names.get(0);
    }
}
