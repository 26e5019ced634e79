package dev.leat.model;

import dev.leat.model.State.Database;
import dev.leat.model.State.Poller;
import dev.leat.model.State.Poller.Phase;
import dev.leat.outbox.Knowledge;
import java.util.Set;

/** How a poller makes a claim: it looks, locks the lane and reads, each by a statement of its own. */
final class Claiming {

    private final Scenario scenario;
    private final Set<Mistake> mistakes;
    private final Writers writers;

    Claiming(Scenario scenario, Set<Mistake> mistakes, Writers writers) {
        this.scenario = scenario;
        this.mistakes = mistakes;
        this.writers = writers;
    }

    void stepsFrom(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        switch (poller.phase()) {
            case IDLE -> firstLook(state, index, name, steps);
            case HALF_LOOKED -> secondLook(state, index, name, steps);
            case LOOKED -> {
                if (mistakes.contains(Mistake.LOCK_AND_READ_IN_ONE_STATEMENT)) {
                    Poller begun = poller.in(Phase.STATEMENT_BEGUN)
                            .seeing(state.database().outbox());
                    steps.step(name, Act.BEGINS_THE_ONE_STATEMENT, 0, state.with(index, begun));
                } else {
                    seeEmpty(state, index, name, steps);
                    lock(state, index, name, steps);
                }
            }
            case STATEMENT_BEGUN -> lock(state, index, name, steps);
            case PUBLISHING -> {}
        }
    }

    private void firstLook(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index).in(Phase.HALF_LOOKED);
        Database database = state.database();
        if (mistakes.contains(Mistake.HOLDERS_BEFORE_SEQUENCE)) {
            steps.step(name, Act.SEES_THE_HOLDERS, 0, state.with(index, poller.looking(0, writers.holders(database))));
        } else {
            steps.step(
                    name,
                    Act.SEES_THE_SEQUENCE,
                    database.drawn(),
                    state.with(index, poller.looking(database.drawn(), Set.of())));
        }
    }

    private void secondLook(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        Database database = state.database();
        boolean swapped = mistakes.contains(Mistake.HOLDERS_BEFORE_SEQUENCE);
        int drawn = swapped ? database.drawn() : poller.drawn();
        Set<String> holders = swapped ? poller.holders() : writers.holders(database);
        Poller looked =
                poller.in(Phase.LOOKED).looking(drawn, Set.of()).knowing(looked(poller.knows(), drawn, holders));
        steps.step(name, Act.PROVES, looked.knows().proven(), state.with(index, looked));
    }

    private Knowledge looked(Knowledge before, int drawn, Set<String> holders) {
        if (mistakes.contains(Mistake.WATERMARK_UNPROVEN)) {
            return before.mistakenlyUnproven(drawn);
        }
        if (mistakes.contains(Mistake.WATERMARK_BLIND_TO_PREPARING)) {
            return before.mistakenlyLooked(drawn, holders);
        }
        return before.looked(drawn, holders);
    }

    /**
     * A lane in which a statement sees no event is not locked, whoever holds it. A lane may also be locked and then be empty, because another
     * poller may settle its events between the two statements.
     */
    private void seeEmpty(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        Database database = state.database();
        Knowledge knows = poller.knows();
        if (Ids.above(database.outbox(), Math.max(database.low(), knows.low())) == Ids.NONE) {
            Knowledge learned = mistakes.contains(Mistake.EMPTY_UP_TO_THE_ID_DRAWN)
                    ? knows.mistakenlySeenEmpty(poller.drawn())
                    : knows.settled(Knowledge.Settling.nothing(poller.drawn()));
            steps.step(name, Act.SEES_THE_LANE_EMPTY, poller.drawn(), state.with(index, Poller.idle(learned)));
        }
    }

    /**
     * SKIP LOCKED: a lane that another session holds is skipped. The next statement reads. Both are one step, because what happens between
     * them has the same effect as if it happened before.
     */
    private void lock(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        Database database = state.database();
        if (database.owner() != State.NOBODY) {
            steps.step(name, Act.FINDS_THE_LANE_TAKEN, 0, state.with(index, Poller.idle(poller.knows())));
            return;
        }
        int visible = poller.phase() == Phase.STATEMENT_BEGUN ? poller.snapshot() : database.outbox();
        Poller read = read(database, poller.knowing(poller.knows().locked(database.low())), visible);
        steps.step(
                name,
                Act.LOCKS_THE_LANE_AND_READS,
                Ids.highest(read.batch()),
                state.with(database.ownedBy(index)).with(index, read));
    }

    private Poller read(Database database, Poller poller, int visible) {
        Knowledge knows = poller.knows();
        int rows = Ids.above(visible, knows.low());
        if (!mistakes.contains(Mistake.HELD_EVENTS_NOT_HELD)) {
            rows &= ~database.heldIds() | Ids.upTo(rows, knows.proven());
        }
        int batch = Ids.lowest(rows, scenario.limit());
        return poller.read(batch, Ids.count(batch) == scenario.limit());
    }
}
