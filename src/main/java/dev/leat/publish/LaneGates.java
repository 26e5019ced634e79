package dev.leat.publish;

import dev.leat.Operation;
import dev.leat.StreamRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds every record of a lane in its place around the lane's truncate markers. Records before the first marker are stage 0,
 * the marker itself is stage 1, those between it and the second are stage 2, and so on; a stage opens when all records of the
 * stages before it are decided. Lanes without a marker have no gate.
 */
final class LaneGates {

    private final @Nullable Gate[] gates = new Gate[64];

    LaneGates(StreamRecord[] records) {
        boolean any = false;
        for (StreamRecord record : records) {
            if (record.event().operation() == Operation.TRUNCATE) {
                int lane = record.event().lane();
                Gate gate = gates[lane];
                if (gate == null) {
                    gate = new Gate();
                    gates[lane] = gate;
                }
                gate.addMarker(record.event().id());
                any = true;
            }
        }
        if (any) {
            for (StreamRecord record : records) {
                Gate gate = gates[record.event().lane()];
                if (gate != null) {
                    gate.count(record.event().id());
                }
            }
        }
    }

    /** Whether the key's next record may leave; if not, the gate keeps the key until it may. */
    boolean passes(KeyLine key) {
        Gate gate = gates[key.head().event().lane()];
        return gate == null || gate.passes(key);
    }

    /** The keys that may go on now that a record of the lane is decided. */
    List<KeyLine> decided(StreamRecord record) {
        Gate gate = gates[record.event().lane()];
        return gate == null ? List.of() : gate.decided(record.event().id());
    }

    private static final class Gate {

        private long[] markers = new long[0];
        private int @Nullable [] undecided;
        private int open;
        private List<KeyLine> parked = new ArrayList<>();

        void addMarker(long id) {
            markers = Arrays.copyOf(markers, markers.length + 1);
            markers[markers.length - 1] = id;
            Arrays.sort(markers);
        }

        private int stage(long id) {
            int at = Arrays.binarySearch(markers, id);
            return at >= 0 ? 2 * at + 1 : 2 * (-at - 1);
        }

        private int[] stages() {
            if (undecided == null) {
                undecided = new int[2 * markers.length + 1];
            }
            return undecided;
        }

        void count(long id) {
            stages()[stage(id)]++;
        }

        boolean passes(KeyLine key) {
            skipEmpty();
            if (stage(key.head().event().id()) <= open) {
                return true;
            }
            parked.add(key);
            return false;
        }

        List<KeyLine> decided(long id) {
            stages()[stage(id)]--;
            int before = open;
            skipEmpty();
            if (open == before) {
                return List.of();
            }
            List<KeyLine> released = parked;
            parked = new ArrayList<>();
            return released;
        }

        private void skipEmpty() {
            int[] stages = stages();
            while (open < stages.length - 1 && stages[open] == 0) {
                open++;
            }
        }
    }
}
