package dev.leat.outbox;

import dev.leat.Event;
import dev.leat.pipeline.Lanes;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** The events that a claim has read, in the order read, with the counts and limits of each lane. */
final class Batch {

    private final List<Event> events = new ArrayList<>();
    private final int[] counts = new int[Lanes.COUNT];
    private final long[] last = new long[Lanes.COUNT];
    private final boolean[] cut = new boolean[Lanes.COUNT];
    private final boolean[] closed = new boolean[Lanes.COUNT];
    private long weight;

    List<Event> events() {
        return events;
    }

    int count(LaneQuery lane) {
        return counts[lane.lane()];
    }

    /** The last id read, if the lane holds more than was read. */
    OptionalLong cutAt(LaneQuery lane) {
        return cut[lane.lane()] ? OptionalLong.of(last[lane.lane()]) : OptionalLong.empty();
    }

    /** Whether the lane has events, but the budget of the claim was spent before any of them. */
    boolean passedOver(LaneQuery lane) {
        return closed[lane.lane()] && counts[lane.lane()] == 0;
    }

    /** The size of all events together, in bytes. */
    long weight() {
        return weight;
    }

    boolean closed(int lane) {
        return closed[lane];
    }

    /** Closes the lane because its next event does not fit: that event and the later ones are left for another claim. */
    void close(int lane) {
        closed[lane] = true;
        cut[lane] = true;
    }

    void add(Event event, long bytes, int limit, boolean overBudget) {
        weight += bytes;
        int lane = event.lane();
        if (counts[lane] > 0 && last[lane] >= event.id()) {
            throw new IllegalStateException(
                    "lane " + lane + " was read out of order: " + event.id() + " after " + last[lane]);
        }
        events.add(event);
        last[lane] = event.id();
        counts[lane]++;
        cut[lane] = counts[lane] >= limit || overBudget;
    }
}
