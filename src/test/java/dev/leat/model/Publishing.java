package dev.leat.model;

import dev.leat.model.Scenario.Focus;
import dev.leat.model.State.Database;
import dev.leat.model.State.Poller;
import dev.leat.model.State.Poller.Session;
import dev.leat.model.State.Stream;
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

    void stepsFrom(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        if (poller.phase() == Poller.Phase.PUBLISHING) {
            send(state, index, name, state.database().heldIds(), steps);
            send(state, index, name, ~state.database().heldIds(), steps);
            Ids.each(poller.inFlight(), id -> answer(state, index, name, id, steps));
            if (poller.inFlight() == Ids.NONE || mistakes.contains(Mistake.SETTLED_BEFORE_ACKNOWLEDGEMENT)) {
                settle(state, index, name, steps);
            }
        }
    }

    /** Requests whose senders no longer wait for them. */
    void lateStepsFrom(State state, Steps steps) {
        Stream stream = state.stream();
        Ids.each(stream.late(), id -> {
            Stream without = stream.late(stream.late() & ~Ids.of(id));
            steps.step("the stream", Act.IS_APPLIED_LATE, id, state.with(arriving(state.database(), without, id)));
            steps.step("the stream", Act.IS_LOST, id, state.with(without));
        });
    }

    /** The next record of one key, if the one before it is acknowledged and the deadline has not passed. */
    private void send(State state, int index, String name, int key, Steps steps) {
        Poller poller = state.pollers().get(index);
        boolean late = poller.session() == Session.LOST_AND_LATE;
        if (late && !mistakes.contains(Mistake.NO_CLOCK_CHECK)) {
            return;
        }
        int waiting = poller.batch() & key & ~poller.acked() & ~poller.inFlight();
        boolean busy = (poller.inFlight() & key) != Ids.NONE;
        if (waiting == Ids.NONE || busy && !mistakes.contains(Mistake.SUCCESSOR_BEFORE_ACKNOWLEDGEMENT)) {
            return;
        }
        int id = Ids.lowest(waiting);
        if (scenario.focus() == Focus.LOOKING) {
            State arrived = state.with(arriving(state.database(), state.stream(), id));
            Poller told = poller.requests(poller.acked() | Ids.of(id), Ids.NONE);
            steps.step(name, Act.IS_ACKNOWLEDGED, id, arrived.with(index, told));
            return;
        }
        Poller sent = poller.requests(poller.acked(), poller.inFlight() | Ids.of(id));
        steps.step(name, late ? Act.SENDS_AFTER_ITS_DEADLINE : Act.SENDS, id, state.with(index, sent));
    }

    private void answer(State state, int index, String name, int id, Steps steps) {
        Poller poller = state.pollers().get(index);
        int inFlight = poller.inFlight() & ~Ids.of(id);
        State over = state.with(index, poller.requests(poller.acked(), inFlight));
        State arrived = state.with(arriving(state.database(), state.stream(), id));
        steps.step(
                name,
                Act.IS_ACKNOWLEDGED,
                id,
                arrived.with(index, poller.requests(poller.acked() | Ids.of(id), inFlight)));
        steps.step(name, Act.IS_REFUSED, id, over);
        if (state.left().lostAnswers() > 0) {
            steps.step(
                    name,
                    Act.IS_APPLIED_UNANSWERED,
                    id,
                    arrived.with(index, poller.requests(poller.acked(), inFlight))
                            .with(state.left().lessLostAnswer()));
        }
        if (state.left().lateRequests() > 0) {
            steps.step(
                    name,
                    Act.GIVES_UP,
                    id,
                    over.with(state.stream().late(state.stream().late() | Ids.of(id)))
                            .with(state.left().lessLateRequests(1)));
        }
    }

    private static Stream arriving(Database database, Stream stream, int id) {
        return stream.arriving(id, Ids.has(database.heldIds(), id));
    }

    private void settle(State state, int index, String name, Steps steps) {
        Poller poller = state.pollers().get(index);
        Database database = state.database();
        int delivered = delivered(poller);
        int rest = poller.batch() & ~delivered;
        if (poller.session() != Session.OPEN) {
            boolean learns = mistakes.contains(Mistake.LOW_LEARNT_WITHOUT_COMMIT);
            Knowledge knows = learns
                    ? poller.knows().settled(settling(poller, rest))
                    : poller.knows().forgotten();
            steps.step(name, Act.CANNOT_COMMIT, 0, left(state, poller).with(index, Poller.idle(knows)));
            return;
        }
        Knowledge knows = poller.knows().settled(settling(poller, rest));
        int deleted = mistakes.contains(Mistake.DELETION_BY_RANGE)
                ? Ids.upTo(database.outbox(), Ids.highest(delivered))
                : delivered;
        State then = left(state, poller).with(index, Poller.idle(knows));
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

    /** The records that the poller regards as delivered. */
    int delivered(Poller poller) {
        boolean early = mistakes.contains(Mistake.SETTLED_BEFORE_ACKNOWLEDGEMENT);
        return early ? poller.acked() | poller.inFlight() : poller.acked();
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

    /** Nobody waits for the requests that are still in flight. */
    private static State left(State state, Poller poller) {
        return state.with(state.stream().late(state.stream().late() | poller.inFlight()));
    }
}
