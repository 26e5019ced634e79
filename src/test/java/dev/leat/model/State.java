package dev.leat.model;

import dev.leat.model.Scenario.Faults;
import dev.leat.outbox.Knowledge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * One state of the database, the pollers and the stream.
 *
 * @param left the faults that may still happen
 */
record State(Database database, List<Poller> pollers, Stream stream, Faults left) {

    static final int NOBODY = -1;

    /**
     * One lane, its outbox, and the sequence.
     *
     * @param drawn the highest id drawn
     * @param heldIds the ids of events with the key {@link Scenario.Key#HELD}
     * @param committed every id committed so far
     * @param outbox the committed rows not yet deleted: a statement that begins now sees them
     * @param low the low in the lane's row
     * @param owner which poller's session has the lane's row locked
     */
    record Database(int drawn, List<Writer> writers, int heldIds, int committed, int outbox, int low, int owner) {

        Database with(int index, Writer writer) {
            List<Writer> changed = replaced(writers, index, writer);
            return new Database(drawn, changed, heldIds, committed, outbox, low, owner);
        }

        Database drawing(boolean held) {
            int id = drawn + 1;
            return new Database(id, writers, held ? heldIds | Ids.of(id) : heldIds, committed, outbox, low, owner);
        }

        Database committing(int ids) {
            return new Database(drawn, writers, heldIds, committed | ids, outbox | ids, low, owner);
        }

        Database ownedBy(int poller) {
            return new Database(drawn, writers, heldIds, committed, outbox, low, poller);
        }

        Database settling(int deleted, int newLow) {
            return new Database(drawn, writers, heldIds, committed, outbox & ~deleted, newLow, NOBODY);
        }

        /** The ids drawn by transactions that may still commit. */
        int undecided() {
            int ids = Ids.NONE;
            for (Writer writer : writers) {
                ids |= writer.undecided();
            }
            return ids;
        }

        int sameKey(int id) {
            return Ids.has(heldIds, id) ? heldIds : ~heldIds;
        }
    }

    /**
     * One transaction of the application.
     *
     * @param ids the ids that it has drawn
     */
    record Writer(Phase phase, int ids) {

        enum Phase {
            NOT_BEGUN,
            /** Only with {@link Mistake#ID_DRAWN_BEFORE_THE_LOCK}. */
            DRAWN_WITHOUT_LOCK,
            WRITING,
            PREPARED,
            /** Committed for every new snapshot; the locks are not released yet. */
            VISIBLE,
            VISIBLE_AFTER_PREPARE,
            ENDED
        }

        static final Writer NEW = new Writer(Phase.NOT_BEGUN, Ids.NONE);

        Writer in(Phase other) {
            return new Writer(other, ids);
        }

        int undecided() {
            return switch (phase) {
                case DRAWN_WITHOUT_LOCK, WRITING, PREPARED -> ids;
                case NOT_BEGUN, VISIBLE, VISIBLE_AFTER_PREPARE, ENDED -> Ids.NONE;
            };
        }
    }

    /**
     * One poller, with one worker.
     *
     * @param knows what it remembers from claim to claim
     * @param drawn the highest id drawn, as it read it for this claim
     * @param holders the transactions that it saw holding locks, while it looks
     * @param snapshot the rows that a statement begun earlier sees; only with a mistake
     * @param batch the events that it has read
     * @param cut whether the lane had as many events as a claim may read
     * @param acked the acknowledged records
     * @param inFlight its requests in flight, of one record each
     * @param session whether its transaction still exists
     */
    record Poller(
            Phase phase,
            Knowledge knows,
            int drawn,
            Set<String> holders,
            int snapshot,
            int batch,
            boolean cut,
            int acked,
            int inFlight,
            Session session) {

        enum Phase {
            IDLE,
            HALF_LOOKED,
            LOOKED,
            /** Only with {@link Mistake#LOCK_AND_READ_IN_ONE_STATEMENT}. */
            STATEMENT_BEGUN,
            PUBLISHING
        }

        enum Session {
            OPEN,
            /** Ended by the server before the deadline; the poller does not know. */
            LOST,
            /** The process was paused, the deadline has passed, and the server has ended the session. */
            LOST_AND_LATE
        }

        /** Any order is good enough. Two pollers that it does not distinguish only lead to one state more. */
        static final Comparator<Poller> ORDER = Comparator.comparing(Poller::phase)
                .thenComparing(Poller::drawn)
                .thenComparing(poller -> poller.knows().proven())
                .thenComparing(poller -> poller.knows().low())
                .thenComparing(poller -> poller.knows().waitsFor())
                .thenComparing(Poller::batch)
                .thenComparing(Poller::acked)
                .thenComparing(Poller::inFlight)
                .thenComparing(Poller::session);

        static Poller idle(Knowledge knows) {
            return new Poller(
                    Phase.IDLE, knows, 0, Set.of(), Ids.NONE, Ids.NONE, false, Ids.NONE, Ids.NONE, Session.OPEN);
        }

        Poller in(Phase other) {
            return new Poller(other, knows, drawn, holders, snapshot, batch, cut, acked, inFlight, session);
        }

        Poller knowing(Knowledge other) {
            return new Poller(phase, other, drawn, holders, snapshot, batch, cut, acked, inFlight, session);
        }

        Poller looking(int newDrawn, Set<String> newHolders) {
            return new Poller(phase, knows, newDrawn, newHolders, snapshot, batch, cut, acked, inFlight, session);
        }

        Poller seeing(int rows) {
            return new Poller(phase, knows, drawn, holders, rows, batch, cut, acked, inFlight, session);
        }

        Poller read(int newBatch, boolean newCut) {
            return new Poller(
                    Phase.PUBLISHING, knows, drawn, holders, Ids.NONE, newBatch, newCut, acked, inFlight, session);
        }

        Poller requests(int newAcked, int newAir) {
            return new Poller(phase, knows, drawn, holders, snapshot, batch, cut, newAcked, newAir, session);
        }

        Poller losing(Session how) {
            return new Poller(phase, knows, drawn, holders, snapshot, batch, cut, acked, inFlight, how);
        }
    }

    /**
     * The stream, and the requests on their way to it.
     *
     * @param arrived every id that arrived
     * @param lastRow the last record of {@link Scenario.Key#ROW}
     * @param lastHeld the last record of {@link Scenario.Key#HELD}
     * @param late requests that nobody waits for any more and that may still be applied
     */
    record Stream(int arrived, int lastRow, int lastHeld, int late) {

        Stream arriving(int id, boolean held) {
            return new Stream(arrived | Ids.of(id), held ? lastRow : id, held ? id : lastHeld, late);
        }

        Stream late(int ids) {
            return new Stream(arrived, lastRow, lastHeld, ids);
        }
    }

    State with(Database other) {
        return new State(other, pollers, stream, left);
    }

    State with(int index, Poller poller) {
        return new State(database, replaced(pollers, index, poller), stream, left);
    }

    State with(Stream other) {
        return new State(database, pollers, other, left);
    }

    State with(Faults other) {
        return new State(database, pollers, stream, other);
    }

    /** The same for two states that differ only in the names of the pollers. */
    State canonical() {
        Poller first = pollers.get(0);
        Poller second = pollers.get(1);
        if (Poller.ORDER.compare(first, second) <= 0) {
            return this;
        }
        int owner = database.owner() == NOBODY ? NOBODY : 1 - database.owner();
        return new State(database.ownedBy(owner), List.of(second, first), stream, left);
    }

    private static <T> List<T> replaced(List<T> list, int index, T element) {
        List<T> changed = new ArrayList<>(list);
        changed.set(index, element);
        return List.copyOf(changed);
    }
}
