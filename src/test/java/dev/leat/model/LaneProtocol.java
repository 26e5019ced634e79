package dev.leat.model;

import dev.leat.consume.Deduplicator;
import dev.leat.consume.Identity;
import dev.leat.model.Scenario.Focus;
import dev.leat.model.World.Database;
import dev.leat.model.World.Poller;
import dev.leat.model.World.Poller.Session;
import dev.leat.model.World.Stream;
import dev.leat.model.World.Writer;
import dev.leat.outbox.Knowledge;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Two pollers, some writers, one lane: what may happen, and whether it keeps the promises. */
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

    World start() {
        List<Writer> idle = Collections.nCopies(scenario.scripts().size(), Writer.NEW);
        Poller poller = Poller.resting(Knowledge.NONE);
        return new World(
                new Database(0, idle, Ids.NONE, Ids.NONE, Ids.NONE, 0, World.NOBODY),
                List.of(poller, poller),
                new Stream(Ids.NONE, 0, 0, Ids.NONE),
                scenario.faults());
    }

    void stepsFrom(World world, Steps steps) {
        if (scenario.focus() == Focus.PUBLISHING && !finishPreparations(world, steps)) {
            return;
        }
        boolean claimed = false;
        if (scenario.focus() == Focus.LOOKING) {
            for (int index = 0; index < POLLERS.size(); index++) {
                if (world.pollers().get(index).phase() == Poller.Phase.PUBLISHING) {
                    pollerSteps(world, index, steps);
                    claimed = true;
                }
            }
        }
        if (!claimed) {
            for (int index = 0; index < POLLERS.size(); index++) {
                pollerSteps(world, index, steps);
            }
            for (int index = 0; index < scenario.scripts().size(); index++) {
                writers.stepsFrom(world, index, steps);
            }
            publishing.lateStepsFrom(world, steps);
        }
    }

    /** Goes on with a transaction or a look that was begun; returns whether there was none. */
    private boolean finishPreparations(World world, Steps steps) {
        for (int index = 0; index < scenario.scripts().size(); index++) {
            if (Writers.busy(world.database().writers().get(index))) {
                writers.stepsFrom(world, index, steps);
                return false;
            }
        }
        for (int index = 0; index < POLLERS.size(); index++) {
            Poller.Phase phase = world.pollers().get(index).phase();
            if (phase == Poller.Phase.HALF_LOOKED || phase == Poller.Phase.LOOKED) {
                claiming.stepsFrom(world, index, POLLERS.get(index), steps);
                return false;
            }
        }
        return true;
    }

    private void pollerSteps(World world, int index, Steps steps) {
        String name = POLLERS.get(index);
        claiming.stepsFrom(world, index, name, steps);
        publishing.stepsFrom(world, index, name, steps);
        breakDown(world, index, name, steps);
    }

    private static void breakDown(World world, int index, String name, Steps steps) {
        Poller poller = world.pollers().get(index);
        Poller reborn = Poller.resting(Knowledge.NONE);
        // A request under way when its sender stops is one that may be applied late.
        boolean mayStop = Ids.count(poller.air()) <= world.left().lateRequests();
        if (world.left().crashes() > 0 && mayStop && !poller.equals(reborn)) {
            World without = withoutLane(world, index).with(world.left().lessCrash());
            steps.step(name, Act.IS_KILLED, 0, abandoned(without, poller).with(index, reborn));
        }
        if (poller.phase() != Poller.Phase.PUBLISHING || poller.session() != Session.OPEN) {
            return;
        }
        if (world.left().lostSessions() > 0) {
            World without = withoutLane(world, index).with(world.left().lessLostSession());
            steps.step(name, Act.LOSES_ITS_SESSION, 0, without.with(index, poller.losing(Session.LOST)));
        }
        if (world.left().pauses() > 0 && mayStop) {
            World without = withoutLane(world, index).with(world.left().lessPause());
            Poller late = poller.requests(poller.acked(), Ids.NONE).losing(Session.LOST_AND_LATE);
            steps.step(
                    name,
                    Act.IS_PAUSED_PAST_ITS_DEADLINE,
                    0,
                    abandoned(without, poller).with(index, late));
        }
    }

    private static World withoutLane(World world, int index) {
        Database database = world.database();
        return database.owner() == index ? world.with(database.ownedBy(World.NOBODY)) : world;
    }

    private static World abandoned(World world, Poller poller) {
        Stream stream = world.stream();
        return world.with(stream.late(stream.late() | poller.air()))
                .with(world.left().lessLateRequests(Ids.count(poller.air())));
    }

    /** The promises that a step breaks. */
    Set<Promise> brokenBy(World before, Act act, int id, World after) {
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

    private static void checkState(World world, Set<Promise> broken) {
        Database database = world.database();
        if ((database.committed() & ~world.stream().arrived() & ~database.outbox()) != Ids.NONE) {
            broken.add(Promise.NOTHING_LOST);
        }
        int low = database.low();
        for (Poller poller : world.pollers()) {
            low = Math.max(low, poller.knows().low());
        }
        if (Ids.upTo(database.outbox() | database.undecided(), low) != Ids.NONE) {
            broken.add(Promise.NOTHING_OUT_OF_REACH);
        }
        Stream stream = world.stream();
        boolean quiet = database.outbox() == Ids.NONE
                && database.undecided() == Ids.NONE
                && stream.late() == Ids.NONE
                && world.pollers().stream().allMatch(poller -> poller.batch() == Ids.NONE);
        if (quiet
                && (stream.lastRow() != Ids.highest(stream.arrived() & ~database.heldIds())
                        || stream.lastHeld() != Ids.highest(stream.arrived() & database.heldIds()))) {
            broken.add(Promise.ENDS_AT_THE_NEWEST);
        }
    }

    private void checkArrival(World before, int id, World after, Set<Promise> broken) {
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

    private static void checkRest(World before, int drawn, World after, Set<Promise> broken) {
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

    private void checkSettling(World before, World after, Set<Promise> broken) {
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
