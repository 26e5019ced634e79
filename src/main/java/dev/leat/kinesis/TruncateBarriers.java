package dev.leat.kinesis;

import dev.leat.Operation;
import dev.leat.pipeline.Lanes;
import dev.leat.pipeline.StreamRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keep the records of a lane in their order around the lane's truncate markers. The markers cut a lane into sections: the records
 * before the first marker, that marker, the records between it and the second marker, and so on. A section opens when all records
 * of the sections before it are decided. A lane without a marker has no barrier.
 */
final class TruncateBarriers {

    private final @Nullable Barrier[] barriers = new Barrier[Lanes.COUNT];

    TruncateBarriers(StreamRecord[] records) {
        boolean any = false;
        for (StreamRecord record : records) {
            if (record.event().operation() == Operation.TRUNCATE) {
                int lane = record.event().lane();
                Barrier barrier = barriers[lane];
                if (barrier == null) {
                    barrier = new Barrier();
                    barriers[lane] = barrier;
                }
                barrier.addMarker(record.event().id());
                any = true;
            }
        }
        if (any) {
            for (StreamRecord record : records) {
                Barrier barrier = barriers[record.event().lane()];
                if (barrier != null) {
                    barrier.count(record.event().id());
                }
            }
        }
    }

    /** Whether the head of a queue may be sent. If not, the barrier holds the queue until it may. */
    boolean admits(RecordQueue queue) {
        Barrier barrier = barriers[queue.lane()];
        return barrier == null || barrier.admits(queue);
    }

    /** Whether a record may be sent as far as truncate markers are concerned. */
    boolean allows(StreamRecord record) {
        Barrier barrier = barriers[record.event().lane()];
        return barrier == null || barrier.allows(record.event().id());
    }

    /** Takes in that a record is decided. Returns the queues whose heads may now be sent. */
    List<RecordQueue> decided(StreamRecord record) {
        Barrier barrier = barriers[record.event().lane()];
        return barrier == null ? List.of() : barrier.decided(record.event().id());
    }

    private static final class Barrier {

        private long[] markers = new long[0];
        private int @Nullable [] pendingBySection;
        private int open;
        private List<RecordQueue> held = new ArrayList<>();

        void addMarker(long id) {
            markers = Arrays.copyOf(markers, markers.length + 1);
            markers[markers.length - 1] = id;
            Arrays.sort(markers);
        }

        /** Odd for a marker, even for the records between two. */
        private int section(long id) {
            int at = Arrays.binarySearch(markers, id);
            return at >= 0 ? 2 * at + 1 : 2 * (-at - 1);
        }

        private int[] pendingBySection() {
            if (pendingBySection == null) {
                pendingBySection = new int[2 * markers.length + 1];
            }
            return pendingBySection;
        }

        void count(long id) {
            pendingBySection()[section(id)]++;
        }

        boolean allows(long id) {
            openSections();
            return section(id) <= open;
        }

        boolean admits(RecordQueue queue) {
            if (allows(queue.head().event().id())) {
                return true;
            }
            held.add(queue);
            return false;
        }

        List<RecordQueue> decided(long id) {
            pendingBySection()[section(id)]--;
            int before = open;
            openSections();
            if (open == before) {
                return List.of();
            }
            List<RecordQueue> released = held;
            held = new ArrayList<>();
            return released;
        }

        private void openSections() {
            int[] pending = pendingBySection();
            while (open < pending.length - 1 && pending[open] == 0) {
                open++;
            }
        }
    }
}
