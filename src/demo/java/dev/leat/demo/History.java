package dev.leat.demo;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One history during the comparison: the changes that are expected but not delivered, and the reverse. */
final class History {

    private final Deque<Change> expected = new ArrayDeque<>(2);
    private final Deque<Change> delivered = new ArrayDeque<>(2);
    private @Nullable Long version;
    private @Nullable Long told;

    /** What differs when both sides are complete. */
    record Leftover(int outOfOrder, int missing, int unexpected, Change example) {}

    /**
     * Adds the next committed change.
     *
     * @return whether it continues the change before it
     */
    boolean expect(Change change) {
        boolean continues = change.message() || Objects.equals(change.before(), version);
        version = change.message() ? null : change.after();
        expected.add(change);
        match();
        return continues;
    }

    void deliver(Change change) {
        told = change.after();
        delivered.add(change);
        match();
    }

    /** Whether a loaded row is what the changes delivered so far have made of it. */
    boolean agrees(Change loaded) {
        return Objects.equals(loaded.after(), told);
    }

    private void match() {
        while (!expected.isEmpty() && expected.peek().equals(delivered.peek())) {
            expected.remove();
            delivered.remove();
        }
    }

    /** Whether the history can be forgotten. */
    boolean over() {
        return settled() && version == null;
    }

    boolean settled() {
        return expected.isEmpty() && delivered.isEmpty();
    }

    /** What is wrong with a history that is not settled. */
    Leftover leftover() {
        Map<Change, Integer> places = new HashMap<>();
        expected.forEach(change -> places.put(change, places.size()));
        int furthest = -1;
        int outOfOrder = 0;
        int unexpected = 0;
        for (Change change : delivered) {
            Integer place = places.remove(change);
            if (place == null) {
                unexpected++;
            } else if (place < furthest) {
                outOfOrder++;
            } else {
                furthest = place;
            }
        }
        Change example = expected.isEmpty() ? delivered.element() : expected.element();
        return new Leftover(outOfOrder, places.size(), unexpected, example);
    }
}
