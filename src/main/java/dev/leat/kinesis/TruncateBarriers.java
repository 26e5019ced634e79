package dev.leat.kinesis;

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
final class TruncateBarriers {

    private final @Nullable Gate[] gates = new Gate[64];

    TruncateBarriers(StreamRecord[] records) {
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

    /** Whether the line's head may leave; if not, the gate keeps the line until it may. */
    boolean passes(RecordQueue line) {
        Gate gate = gates[line.lane()];
        return gate == null || gate.passes(line);
    }

    /** Whether the record may leave as far as markers are concerned. */
    boolean open(StreamRecord record) {
        Gate gate = gates[record.event().lane()];
        return gate == null || gate.open(record.event().id());
    }

    /** The lines that may go on now that a record of the lane is decided. */
    List<RecordQueue> decided(StreamRecord record) {
        Gate gate = gates[record.event().lane()];
        return gate == null ? List.of() : gate.decided(record.event().id());
    }

    private static final class Gate {

        private long[] markers = new long[0];
        private int @Nullable [] undecided;
        private int open;
        private List<RecordQueue> parked = new ArrayList<>();

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

        boolean open(long id) {
            skipEmpty();
            return stage(id) <= open;
        }

        boolean passes(RecordQueue line) {
            if (open(line.head().event().id())) {
                return true;
            }
            parked.add(line);
            return false;
        }

        List<RecordQueue> decided(long id) {
            stages()[stage(id)]--;
            int before = open;
            skipEmpty();
            if (open == before) {
                return List.of();
            }
            List<RecordQueue> released = parked;
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
