package dev.leat.model;

import dev.leat.model.Scenario.Focus;
import dev.leat.model.World.Database;
import dev.leat.model.World.Poller;
import dev.leat.model.World.Poller.Session;
import dev.leat.model.World.Stream;
import dev.leat.outbox.Knowledge;
import java.util.OptionalLong;
import java.util.Set;

/** What a poller does with a claim, what the stream answers, and how the claim is settled. */
final class Publishing {

    private final Scenario scenario;
    private final Set<Mistake> mistakes;

    Publishing(Scenario scenario, Set<Mistake> mistakes) {
        this.scenario = scenario;
        this.mistakes = mistakes;
    }

    void stepsFrom(World world, int index, String name, Steps steps) {
        Poller poller = world.pollers().get(index);
        if (poller.phase() == Poller.Phase.PUBLISHING) {
            send(world, index, name, world.database().heldIds(), steps);
            send(world, index, name, ~world.database().heldIds(), steps);
            Ids.each(poller.air(), id -> answer(world, index, name, id, steps));
            if (poller.air() == Ids.NONE || mistakes.contains(Mistake.SETTLED_BEFORE_ACKNOWLEDGEMENT)) {
                settle(world, index, name, steps);
            }
        }
    }

    /** Requests whose senders do not wait for them any more. */
    void lateStepsFrom(World world, Steps steps) {
        Stream stream = world.stream();
        Ids.each(stream.late(), id -> {
            Stream without = stream.late(stream.late() & ~Ids.of(id));
            steps.step("the stream", Act.IS_APPLIED_LATE, id, world.with(arriving(world.database(), without, id)));
            steps.step("the stream", Act.IS_LOST, id, world.with(without));
        });
    }

    /** The next record of one key, if the one before it is acknowledged and the deadline has not passed. */
    private void send(World world, int index, String name, int key, Steps steps) {
        Poller poller = world.pollers().get(index);
        boolean late = poller.session() == Session.LOST_AND_LATE;
        if (late && !mistakes.contains(Mistake.NO_CLOCK_CHECK)) {
            return;
        }
        int waiting = poller.batch() & key & ~poller.acked() & ~poller.air();
        boolean busy = (poller.air() & key) != Ids.NONE;
        if (waiting == Ids.NONE || busy && !mistakes.contains(Mistake.SUCCESSOR_BEFORE_ACKNOWLEDGEMENT)) {
            return;
        }
        int id = Ids.lowest(waiting);
        if (scenario.focus() == Focus.LOOKING) {
            World arrived = world.with(arriving(world.database(), world.stream(), id));
            Poller told = poller.requests(poller.acked() | Ids.of(id), Ids.NONE);
            steps.step(name, Act.IS_ACKNOWLEDGED, id, arrived.with(index, told));
            return;
        }
        Poller sent = poller.requests(poller.acked(), poller.air() | Ids.of(id));
        steps.step(name, late ? Act.SENDS_AFTER_ITS_DEADLINE : Act.SENDS, id, world.with(index, sent));
    }

    private void answer(World world, int index, String name, int id, Steps steps) {
        Poller poller = world.pollers().get(index);
        int air = poller.air() & ~Ids.of(id);
        World over = world.with(index, poller.requests(poller.acked(), air));
        World arrived = world.with(arriving(world.database(), world.stream(), id));
        steps.step(
                name, Act.IS_ACKNOWLEDGED, id, arrived.with(index, poller.requests(poller.acked() | Ids.of(id), air)));
        steps.step(name, Act.IS_REFUSED, id, over);
        if (world.left().lostAnswers() > 0) {
            steps.step(
                    name,
                    Act.IS_APPLIED_UNANSWERED,
                    id,
                    arrived.with(index, poller.requests(poller.acked(), air))
                            .with(world.left().lessLostAnswer()));
        }
        if (world.left().lateRequests() > 0) {
            steps.step(
                    name,
                    Act.GIVES_UP,
                    id,
                    over.with(world.stream().late(world.stream().late() | Ids.of(id)))
                            .with(world.left().lessLateRequests(1)));
        }
    }

    private static Stream arriving(Database database, Stream stream, int id) {
        return stream.arriving(id, Ids.has(database.heldIds(), id));
    }

    private void settle(World world, int index, String name, Steps steps) {
        Poller poller = world.pollers().get(index);
        Database database = world.database();
        int delivered = delivered(poller);
        int rest = poller.batch() & ~delivered;
        if (poller.session() != Session.OPEN) {
            boolean learns = mistakes.contains(Mistake.LOW_LEARNT_WITHOUT_COMMIT);
            Knowledge knows = learns
                    ? poller.knows().settled(settling(poller, rest))
                    : poller.knows().forgotten();
            steps.step(name, Act.CANNOT_COMMIT, 0, left(world, poller).with(index, Poller.resting(knows)));
            return;
        }
        Knowledge knows = poller.knows().settled(settling(poller, rest));
        int deleted = mistakes.contains(Mistake.DELETION_BY_RANGE)
                ? Ids.upTo(database.outbox(), Ids.highest(delivered))
                : delivered;
        World then = left(world, poller).with(index, Poller.resting(knows));
        int low = poller.knows().low();
        steps.step(name, Act.SETTLES, Ids.highest(delivered), then.with(database.settling(deleted, database.low())));
        if (low > database.low()) {
            steps.step(
                    name,
                    Act.SETTLES_AND_STORES_THE_LOW,
                    Ids.highest(delivered),
                    then.with(database.settling(deleted, low)));
        }
    }

    /** What the poller takes for delivered. */
    int delivered(Poller poller) {
        boolean early = mistakes.contains(Mistake.SETTLED_BEFORE_ACKNOWLEDGEMENT);
        return early ? poller.acked() | poller.air() : poller.acked();
    }

    Knowledge.Settling settling(Poller poller, int rest) {
        boolean all = rest == Ids.NONE || mistakes.contains(Mistake.LOW_PASSES_WHAT_WAS_LEFT);
        return new Knowledge.Settling(
                poller.drawn(),
                Ids.count(poller.batch()),
                poller.cut() ? OptionalLong.of(Ids.highest(poller.batch())) : OptionalLong.empty(),
                all ? 0 : Ids.count(rest),
                all ? OptionalLong.empty() : OptionalLong.of(Ids.lowest(rest)));
    }

    /** Whatever is still under way has nobody to wait for it. */
    private static World left(World world, Poller poller) {
        return world.with(world.stream().late(world.stream().late() | poller.air()));
    }
}
