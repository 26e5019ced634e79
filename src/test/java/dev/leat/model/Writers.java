package dev.leat.model;

import dev.leat.model.Scenario.Key;
import dev.leat.model.State.Database;
import dev.leat.model.State.Writer;
import dev.leat.model.State.Writer.Phase;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The application's transactions, and what {@code pg_locks} shows of them. */
final class Writers {

    private final Scenario scenario;
    private final Set<Mistake> mistakes;
    private final List<String> names;

    Writers(Scenario scenario, Set<Mistake> mistakes) {
        this.scenario = scenario;
        this.mistakes = mistakes;
        this.names = IntStream.range(0, scenario.scripts().size())
                .mapToObj(index -> "writer " + (index + 1))
                .toList();
    }

    /** The virtual transactions that hold a writer's lock on the outbox, prepared ones as PostgreSQL names them. */
    Set<String> holders(Database database) {
        Set<String> holders = new HashSet<>();
        for (int index = 0; index < database.writers().size(); index++) {
            switch (database.writers().get(index).phase()) {
                case WRITING, VISIBLE -> holders.add((index + 3) + "/1");
                case PREPARED, VISIBLE_AFTER_PREPARE -> {
                    if (!mistakes.contains(Mistake.WATERMARK_WITHOUT_PREPARED)) {
                        holders.add("-1/" + (index + 900));
                    }
                }
                case NOT_BEGUN, DRAWN_WITHOUT_LOCK, ENDED -> {}
            }
        }
        return Set.copyOf(holders);
    }

    /** Whether a writer has begun its transaction and not ended it. */
    static boolean busy(Writer writer) {
        return writer.phase() != Phase.NOT_BEGUN && writer.phase() != Phase.ENDED;
    }

    void stepsFrom(State state, int index, Steps steps) {
        Database database = state.database();
        Writer writer = database.writers().get(index);
        String name = names.get(index);
        switch (writer.phase()) {
            case NOT_BEGUN -> begin(state, index, steps);
            case DRAWN_WITHOUT_LOCK ->
                steps.step(name, Act.LOCKS_THE_OUTBOX, 0, state.with(database.with(index, writer.in(Phase.WRITING))));
            case WRITING -> {
                draw(state, index, Phase.WRITING, steps);
                end(state, index, steps);
            }
            case PREPARED -> {
                steps.step(
                        name,
                        Act.COMMITS_PREPARED,
                        0,
                        state.with(database.with(index, writer.in(Phase.VISIBLE_AFTER_PREPARE))
                                .committing(writer.ids())));
                steps.step(name, Act.ROLLS_BACK_PREPARED, 0, state.with(database.with(index, writer.in(Phase.ENDED))));
            }
            case VISIBLE, VISIBLE_AFTER_PREPARE ->
                steps.step(name, Act.LETS_LOCKS_GO, 0, state.with(database.with(index, writer.in(Phase.ENDED))));
            case ENDED -> {}
        }
    }

    /** Writers with the same script are interchangeable: they begin in a fixed order. */
    private void begin(State state, int index, Steps steps) {
        List<List<Key>> scripts = scenario.scripts();
        if (index > 0
                && scripts.get(index).equals(scripts.get(index - 1))
                && state.database().writers().get(index - 1).phase() == Phase.NOT_BEGUN) {
            return;
        }
        Writer writer = state.database().writers().get(index);
        if (mistakes.contains(Mistake.ID_DRAWN_BEFORE_THE_LOCK)) {
            draw(state, index, Phase.DRAWN_WITHOUT_LOCK, steps);
        } else {
            steps.step(
                    names.get(index),
                    Act.LOCKS_THE_OUTBOX,
                    0,
                    state.with(state.database().with(index, writer.in(Phase.WRITING))));
        }
    }

    private void draw(State state, int index, Phase then, Steps steps) {
        Database database = state.database();
        Writer writer = database.writers().get(index);
        List<Key> script = scenario.scripts().get(index);
        int events = Ids.count(writer.ids());
        if (events == script.size()) {
            return;
        }
        boolean held = script.get(events) == Key.HELD;
        // The row's lock: the transactions that changed the row before must have ended.
        int others = database.undecided() & ~writer.ids() & ~database.heldIds();
        if (!held && others != Ids.NONE) {
            return;
        }
        Database drawn = database.drawing(held);
        steps.step(
                names.get(index),
                held ? Act.DRAWS_FOR_THE_HELD_KEY : Act.DRAWS_FOR_THE_ROW,
                drawn.drawn(),
                state.with(drawn.with(index, new Writer(then, writer.ids() | Ids.of(drawn.drawn())))));
    }

    private void end(State state, int index, Steps steps) {
        Database database = state.database();
        Writer writer = database.writers().get(index);
        String name = names.get(index);
        if (writer.ids() == Ids.NONE) {
            return;
        }
        steps.step(name, Act.ROLLS_BACK, 0, state.with(database.with(index, writer.in(Phase.ENDED))));
        if (Ids.count(writer.ids()) == scenario.scripts().get(index).size()) {
            steps.step(
                    name,
                    Act.COMMITS,
                    0,
                    state.with(database.with(index, writer.in(Phase.VISIBLE)).committing(writer.ids())));
            steps.step(name, Act.PREPARES, 0, state.with(database.with(index, writer.in(Phase.PREPARED))));
        }
    }
}
