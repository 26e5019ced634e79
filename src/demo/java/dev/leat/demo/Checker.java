package dev.leat.demo;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares what the stream delivered with what was committed. It receives both while the run goes on, in any interleaving: the changes of
 * a history in the order of their commits, and the records of a partition key in the order of the stream.
 *
 * <p>Everything is right if, without the records whose id was seen before, the changes of each history are exactly the committed ones, in
 * order, and the ids of each partition key ascend. If a table was attached while it was empty, each loaded row must be the row as the changes
 * before it have left it. Thread-safe.
 */
public final class Checker {

    private static final int EXAMPLES = 10;
    private static final int BLOCK = 1 << 16;

    private final Map<String, History> histories = new HashMap<>();
    private final Map<String, Integer> loadedRows = new HashMap<>();
    private final Map<String, Long> lastIds = new HashMap<>();
    /** By blocks of {@value #BLOCK} ids, because ids begin at the clock and jump after a failover. */
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

    /** Records a committed change. */
    public synchronized void expect(Change change) {
        committed++;
        History history = histories.computeIfAbsent(change.history(), name -> new History());
        if (!history.expect(change)) {
            contradictions++;
            example("a committed change does not continue its history: " + change);
        }
        forget(change.history(), history);
    }

    /**
     * Records a delivered event.
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

    /** How many committed changes are not delivered yet. Events without a committed change reduce the number. */
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

    /** The result, if nothing more comes from either side. */
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
