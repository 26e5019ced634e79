package dev.leat.model;

import dev.leat.model.Scenario.Faults;
import dev.leat.outbox.Knowledge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * One state of everything.
 *
 * @param left what may still break
 */
record World(Database database, List<Poller> pollers, Stream stream, Faults left) {

    static final int NOBODY = -1;

    /**
     * One lane, its outbox, and the sequence.
     *
     * @param drawn the highest id drawn
     * @param heldIds the ids of events with the key {@link Scenario.Key#HELD}
     * @param committed every id committed so far
     * @param outbox the committed rows not yet deleted: what a statement that begins now sees
     * @param low what the lane's row says
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

        /** Drawn by transactions that may yet commit. */
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
     * @param ids what it has drawn
     */
    record Writer(Phase phase, int ids) {

        enum Phase {
            NOT_BEGUN,
            /** Only with {@link Mistake#ID_DRAWN_BEFORE_THE_LOCK}. */
            DRAWN_WITHOUT_LOCK,
            WRITING,
            PREPARED,
            /** Committed for every new snapshot; the locks are not let go yet. */
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
     * @param drawn what it has read of the sequence for this claim
     * @param holders whom it has seen holding locks, while it looks
     * @param snapshot the rows that a statement begun earlier sees; only with a mistake
     * @param batch what it has read
     * @param cut whether the lane held as many as it may read
     * @param acked what was acknowledged
     * @param air its requests under way, of one record each
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
            int air,
            Session session) {

        enum Phase {
            RESTING,
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

        /** Any order will do. Pollers that it does not tell apart are told apart as worlds; that only costs memory. */
        static final Comparator<Poller> ORDER = Comparator.comparing(Poller::phase)
                .thenComparing(Poller::drawn)
                .thenComparing(poller -> poller.knows().proven())
                .thenComparing(poller -> poller.knows().low())
                .thenComparing(poller -> poller.knows().waitsFor())
                .thenComparing(Poller::batch)
                .thenComparing(Poller::acked)
                .thenComparing(Poller::air)
                .thenComparing(Poller::session);

        static Poller resting(Knowledge knows) {
            return new Poller(
                    Phase.RESTING, knows, 0, Set.of(), Ids.NONE, Ids.NONE, false, Ids.NONE, Ids.NONE, Session.OPEN);
        }

        Poller in(Phase other) {
            return new Poller(other, knows, drawn, holders, snapshot, batch, cut, acked, air, session);
        }

        Poller knowing(Knowledge other) {
            return new Poller(phase, other, drawn, holders, snapshot, batch, cut, acked, air, session);
        }

        Poller looking(int newDrawn, Set<String> newHolders) {
            return new Poller(phase, knows, newDrawn, newHolders, snapshot, batch, cut, acked, air, session);
        }

        Poller seeing(int rows) {
            return new Poller(phase, knows, drawn, holders, rows, batch, cut, acked, air, session);
        }

        Poller read(int newBatch, boolean newCut) {
            return new Poller(Phase.PUBLISHING, knows, drawn, holders, Ids.NONE, newBatch, newCut, acked, air, session);
        }

        Poller requests(int newAcked, int newAir) {
            return new Poller(phase, knows, drawn, holders, snapshot, batch, cut, newAcked, newAir, session);
        }

        Poller losing(Session how) {
            return new Poller(phase, knows, drawn, holders, snapshot, batch, cut, acked, air, how);
        }
    }

    /**
     * The stream and the way there.
     *
     * @param arrived every id that arrived
     * @param lastRow the last record of {@link Scenario.Key#ROW}
     * @param lastHeld the last record of {@link Scenario.Key#HELD}
     * @param late requests that nobody waits for any more, and that may yet be applied
     */
    record Stream(int arrived, int lastRow, int lastHeld, int late) {

        Stream arriving(int id, boolean held) {
            return new Stream(arrived | Ids.of(id), held ? lastRow : id, held ? id : lastHeld, late);
        }

        Stream late(int ids) {
            return new Stream(arrived, lastRow, lastHeld, ids);
        }
    }

    World with(Database other) {
        return new World(other, pollers, stream, left);
    }

    World with(int index, Poller poller) {
        return new World(database, replaced(pollers, index, poller), stream, left);
    }

    World with(Stream other) {
        return new World(database, pollers, other, left);
    }

    World with(Faults other) {
        return new World(database, pollers, stream, other);
    }

    /** The same for all worlds that differ only in which poller is called A. */
    World canonical() {
        Poller first = pollers.get(0);
        Poller second = pollers.get(1);
        if (Poller.ORDER.compare(first, second) <= 0) {
            return this;
        }
        int owner = database.owner() == NOBODY ? NOBODY : 1 - database.owner();
        return new World(database.ownedBy(owner), List.of(second, first), stream, left);
    }

    private static <T> List<T> replaced(List<T> list, int index, T element) {
        List<T> changed = new ArrayList<>(list);
        changed.set(index, element);
        return List.copyOf(changed);
    }
}
