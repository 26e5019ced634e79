package dev.leat.model;

import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.model.Scenario.Focus;
import dev.leat.model.State.Database;
import dev.leat.model.State.Poller;
import dev.leat.model.State.Poller.Session;
import dev.leat.model.State.Stream;
import dev.leat.model.State.Writer;
import dev.leat.outbox.Knowledge;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Two pollers, some writers and one lane: which steps are possible, and which promises each of them breaks. */
final class LaneProtocol {

    private static final List<String> POLLERS = List.of("poller A", "poller B");

    private final Scenario scenario;
    private final Writers writers;
    private final Claiming claiming;
    private final Publishing publishing;

    LaneProtocol(Scenario scenario, Set<Mistake> mistakes) {
        this.scenario = scenario;
        this.writers = new Writers(scenario, mistakes);
        this.claiming = new Claiming(scenario, mistakes, writers);
        this.publishing = new Publishing(scenario, mistakes);
    }

    State start() {
        List<Writer> idle = Collections.nCopies(scenario.scripts().size(), Writer.NEW);
        Poller poller = Poller.idle(Knowledge.NONE);
        return new State(
                new Database(0, idle, Ids.NONE, Ids.NONE, Ids.NONE, 0, State.NOBODY),
                List.of(poller, poller),
                new Stream(Ids.NONE, 0, 0, Ids.NONE),
                scenario.faults());
    }

    void stepsFrom(State state, Steps steps) {
        if (scenario.focus() == Focus.PUBLISHING && !finishPreparations(state, steps)) {
            return;
        }
        boolean claimed = false;
        if (scenario.focus() == Focus.LOOKING) {
            for (int index = 0; index < POLLERS.size(); index++) {
                if (state.pollers().get(index).phase() == Poller.Phase.PUBLISHING) {
                    pollerSteps(state, index, steps);
                    claimed = true;
                }
            }
        }
        if (!claimed) {
            for (int index = 0; index < POLLERS.size(); index++) {
                pollerSteps(state, index, steps);
            }
            for (int index = 0; index < scenario.scripts().size(); index++) {
                writers.stepsFrom(state, index, steps);
            }
            publishing.lateStepsFrom(state, steps);
        }
    }

    /** Continues a transaction or a look that has begun; returns whether there was none. */
    private boolean finishPreparations(State state, Steps steps) {
        for (int index = 0; index < scenario.scripts().size(); index++) {
            if (Writers.busy(state.database().writers().get(index))) {
                writers.stepsFrom(state, index, steps);
                return false;
            }
        }
        for (int index = 0; index < POLLERS.size(); index++) {
            Poller.Phase phase = state.pollers().get(index).phase();
            if (phase == Poller.Phase.HALF_LOOKED || phase == Poller.Phase.LOOKED) {
                claiming.stepsFrom(state, index, POLLERS.get(index), steps);
                return false;
            }
        }
        return true;
    }

    private void pollerSteps(State state, int index, Steps steps) {
        String name = POLLERS.get(index);
        claiming.stepsFrom(state, index, name, steps);
        publishing.stepsFrom(state, index, name, steps);
        breakDown(state, index, name, steps);
    }

    private static void breakDown(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        Poller reborn = Poller.idle(Knowledge.NONE);
        // A request that is in flight when its sender stops may be applied late.
        boolean mayStop = Ids.count(poller.inFlight()) <= state.left().lateRequests();
        if (state.left().crashes() > 0 && mayStop && !poller.equals(reborn)) {
            State without = withoutLane(state, index).with(state.left().lessCrash());
            steps.step(name, Act.IS_KILLED, 0, abandoned(without, poller).with(index, reborn));
        }
        if (poller.phase() != Poller.Phase.PUBLISHING || poller.session() != Session.OPEN) {
            return;
        }
        if (state.left().lostSessions() > 0) {
            State without = withoutLane(state, index).with(state.left().lessLostSession());
            steps.step(name, Act.LOSES_ITS_SESSION, 0, without.with(index, poller.losing(Session.LOST)));
        }
        if (state.left().pauses() > 0 && mayStop) {
            State without = withoutLane(state, index).with(state.left().lessPause());
            Poller late = poller.requests(poller.acked(), Ids.NONE).losing(Session.LOST_AND_LATE);
            steps.step(
                    name,
                    Act.IS_PAUSED_PAST_ITS_DEADLINE,
                    0,
                    abandoned(without, poller).with(index, late));
        }
    }

    private static State withoutLane(State state, int index) {
        Database database = state.database();
        return database.owner() == index ? state.with(database.ownedBy(State.NOBODY)) : state;
    }

    private static State abandoned(State state, Poller poller) {
        Stream stream = state.stream();
        return state.with(stream.late(stream.late() | poller.inFlight()))
                .with(state.left().lessLateRequests(Ids.count(poller.inFlight())));
    }

    /** The promises that a step breaks. */
    Set<Promise> brokenBy(State before, Act act, int id, State after) {
        EnumSet<Promise> broken = EnumSet.noneOf(Promise.class);
        checkState(after, broken);
        if (act.arrival()) {
            checkArrival(before, id, after, broken);
        }
        if (act.settling()) {
            checkSettling(before, after, broken);
        }
        if (act == Act.SEES_THE_LANE_EMPTY) {
            checkRest(before, id, after, broken);
        }
        if (act == Act.SENDS_AFTER_ITS_DEADLINE) {
            broken.add(Promise.NOTHING_SENT_AFTER_THE_DEADLINE);
        }
        return broken;
    }

    private static void checkState(State state, Set<Promise> broken) {
        Database database = state.database();
        if ((database.committed() & ~state.stream().arrived() & ~database.outbox()) != Ids.NONE) {
            broken.add(Promise.NOTHING_LOST);
        }
        int low = database.low();
        for (Poller poller : state.pollers()) {
            low = Math.max(low, poller.knows().low());
        }
        if (Ids.upTo(database.outbox() | database.undecided(), low) != Ids.NONE) {
            broken.add(Promise.NOTHING_OUT_OF_REACH);
        }
        Stream stream = state.stream();
        boolean quiet = database.outbox() == Ids.NONE
                && database.undecided() == Ids.NONE
                && stream.late() == Ids.NONE
                && state.pollers().stream().allMatch(poller -> poller.batch() == Ids.NONE);
        if (quiet
                && (stream.lastRow() != Ids.highest(stream.arrived() & ~database.heldIds())
                        || stream.lastHeld() != Ids.highest(stream.arrived() & database.heldIds()))) {
            broken.add(Promise.ENDS_AT_THE_NEWEST);
        }
    }

    private void checkArrival(State before, int id, State after, Set<Promise> broken) {
        int arrived = before.stream().arrived();
        boolean first = !Ids.has(arrived, id);
        if (!Ids.has(before.database().committed(), id)) {
            broken.add(Promise.NOTHING_ROLLED_BACK_ARRIVES);
        }
        int last = Ids.highest(arrived & before.database().sameKey(id));
        Deduplicator.Key key = new Deduplicator.Key("source", "key");
        Deduplicator consumer = new Deduplicator(last == 0 ? Map.of() : Map.of(key, (long) last));
        if (consumer.first(new Identity("source", "key", id)) != first) {
            broken.add(Promise.ORDER);
        }
        if (!first && after.left().equals(scenario.faults())) {
            broken.add(Promise.REPETITIONS_HAVE_A_CAUSE);
        }
    }

    private static void checkRest(State before, int drawn, State after, Set<Promise> broken) {
        int outstanding = after.database().outbox() | after.database().undecided();
        Knowledge.Settling nothing = Knowledge.Settling.nothing(drawn);
        boolean rests = before.pollers().stream()
                .filter(poller -> poller.phase() == Poller.Phase.LOOKED && poller.drawn() == drawn)
                .allMatch(
                        poller -> poller.knows().rests(nothing, after.database().drawn()));
        if (outstanding != Ids.NONE && rests) {
            broken.add(Promise.RESTS_ONLY_WHEN_DRAINED);
        }
    }

    private void checkSettling(State before, State after, Set<Promise> broken) {
        Poller poller = before.pollers().get(before.database().owner());
        int delivered = publishing.delivered(poller);
        if ((delivered & ~before.database().outbox()) != Ids.NONE) {
            broken.add(Promise.SETTLES_WHAT_IT_READ);
        }
        int outstanding = after.database().outbox() | after.database().undecided();
        Knowledge.Settling settling = publishing.settling(poller, poller.batch() & ~delivered);
        if (outstanding != Ids.NONE
                && poller.knows().rests(settling, after.database().drawn())) {
            broken.add(Promise.RESTS_ONLY_WHEN_DRAINED);
        }
    }
}
