package dev.leat.demo;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares what the stream delivered with what was committed. Fed from both sides while they go on, in any interleaving: the
 * changes of one history in the order of their commits, and the records of one partition key in the order of the stream.
 *
 * <p>Right is: dropping every record whose id was seen before, the changes of each history are exactly the committed ones, in
 * order, and the ids of each partition key rise. A loaded row is what the changes before it have made of that row, if its table
 * was attached while it was empty. Thread-safe.
 */
public final class Checker {

    private static final int EXAMPLES = 10;
    private static final int BLOCK = 1 << 16;

    private final Map<String, History> histories = new HashMap<>();
    private final Map<String, Integer> loadedRows = new HashMap<>();
    private final Map<String, Long> lastIds = new HashMap<>();
    /** By blocks of {@value #BLOCK} ids: they begin at the clock, and jump after a failover. */
    private final Map<Long, BitSet> seen = new HashMap<>();

    private final List<String> examples = new ArrayList<>();
    private long committed;
    private long delivered;
    private long loaded;
    private long disagreeing;
    private long duplicates;
    private long replayedBack;
    private long fallingIds;
    private long contradictions;

    /** A change that was committed. */
    public synchronized void expect(Change change) {
        committed++;
        History history = histories.computeIfAbsent(change.history(), name -> new History());
        if (!history.expect(change)) {
            contradictions++;
            example("the truth contradicts itself at " + change);
        }
        forget(change.history(), history);
    }

    /**
     * A record that the stream handed out.
     *
     * @return whether it is the first delivery of its event
     */
    public synchronized boolean deliver(Delivery delivery) {
        long id = delivery.id();
        BitSet block = seen.computeIfAbsent(id / BLOCK, number -> new BitSet());
        if (block.get((int) (id % BLOCK))) {
            duplicates++;
            if (id < lastIds.getOrDefault(delivery.partitionKey(), 0L)) {
                replayedBack++;
            }
            return false;
        }
        block.set((int) (id % BLOCK));
        Long last = lastIds.put(delivery.partitionKey(), id);
        if (last != null && last > id) {
            lastIds.put(delivery.partitionKey(), last);
            fallingIds++;
            example("id " + id + " came after " + last + " of key " + delivery.partitionKey());
        }
        Change change = delivery.change();
        History history = histories.computeIfAbsent(change.history(), name -> new History());
        if (change.loaded()) {
            loaded++;
            loadedRows.merge(change.history(), 1, Integer::sum);
            if (!history.agrees(change)) {
                disagreeing++;
                example("the loaded row " + change + " is not what the changes before it have made");
            }
        } else {
            delivered++;
            history.deliver(change);
        }
        forget(change.history(), history);
        return true;
    }

    private void forget(String name, History history) {
        if (history.over()) {
            histories.remove(name);
        }
    }

    private void example(String text) {
        if (examples.size() < EXAMPLES) {
            examples.add(text);
        }
    }

    /** How many committed changes have not been delivered so far; events that nobody expects count against it. */
    public synchronized long behind() {
        return Math.max(0, committed - delivered);
    }

    /** How many different events of loads were delivered of a row. */
    public synchronized int loaded(String history) {
        return loadedRows.getOrDefault(history, 0);
    }

    public synchronized long committed() {
        return committed;
    }

    public synchronized long delivered() {
        return delivered;
    }

    /** What is wrong if nothing more comes from either side. */
    public synchronized Verdict verdict() {
        long outOfOrder = 0;
        long missing = 0;
        long unexpected = 0;
        List<String> samples = new ArrayList<>(examples);
        for (History history : histories.values()) {
            if (history.settled()) {
                continue;
            }
            History.Leftover leftover = history.leftover();
            outOfOrder += leftover.outOfOrder();
            missing += leftover.missing();
            unexpected += leftover.unexpected();
            if (samples.size() < 2 * EXAMPLES) {
                samples.add("from " + leftover.example() + " on: " + leftover.missing() + " missing, "
                        + leftover.outOfOrder() + " out of order, " + leftover.unexpected() + " unexpected");
            }
        }
        return new Verdict(
                committed,
                delivered,
                loaded,
                disagreeing,
                duplicates,
                replayedBack,
                outOfOrder,
                fallingIds,
                missing,
                unexpected,
                contradictions,
                samples);
    }
}
