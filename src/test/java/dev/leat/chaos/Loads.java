package dev.leat.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.chaos.Disturbance.Healing;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.ToIntFunction;

/** The loads of a round, and which rows each of them has to bring. */
final class Loads {

    /** What is loaded. */
    private enum Table {
        CUSTOMERS("{id}", "{id}"),
        ORDER_LINES("{order_id,line}", "{order_id,line}"),
        SCRATCH("{id}", "{id}"),
        /** A row whose key changes may be brought by that change alone. */
        ORDERS("{customer_id}", "{id}"),
        /** A row that is gone when the load comes by may be back later. */
        STOCK("{sku}", "{sku}");

        final String name = name().toLowerCase(Locale.ROOT);
        private final String key;
        private final String identity;

        Table(String key, String identity) {
            this.key = key;
            this.identity = identity;
        }

        /** A key of it is that of one row for ever. */
        boolean keysStay() {
            return this != ORDERS && this != STOCK;
        }

        /** Its rows as histories name them. */
        Set<String> rows(TestDatabase database) {
            String history = database.value(
                    "SELECT truth.history('public." + name + "', '" + key + "', '" + identity + "', 't')");
            Set<String> rows = new HashSet<>();
            database.rows("SELECT " + history + " FROM public." + name + " t")
                    .forEach(row -> rows.add(Objects.requireNonNull(row.get(0))));
            return rows;
        }
    }

    private final TestDatabase database;
    /** By table that is being loaded: its rows when the load began. */
    private final Map<Table, Set<String>> begun = new EnumMap<>(Table.class);
    /** How many loads have to bring a row, if it is still there at the end. */
    private final Map<String, Integer> due = new HashMap<>();

    Loads(TestDatabase database) {
        this.database = database;
    }

    /** Begins the loads of all tables, in small chunks, so that disturbances meet them. */
    void begin(Random random) {
        for (Table table : Table.values()) {
            begin(table, 20 + random.nextInt(60));
        }
    }

    /** Begins the load of a table in small chunks, unless it is being loaded. */
    static Healing begin(TestSystem system, Random random) {
        Loads loads = system.loads();
        Table table = any(random);
        int chunk = 1 + random.nextInt(60);
        return ifThereIsASession(() -> {
            String state = loads.state(table);
            assertThat(state).as("the load of %s", table.name).isNotEqualTo("failed");
            if (!state.equals("running") && !state.equals("paused")) {
                loads.begin(table, chunk);
            }
        });
    }

    /** Another disturbance may refuse or end the session that asks first. */
    private static Healing ifThereIsASession(Runnable disturbance) {
        try {
            disturbance.run();
        } catch (IllegalStateException e) {
            // The disturbance is left out.
        }
        return Healing.NOTHING;
    }

    private void begin(Table table, int chunk) {
        Set<String> rows = table.rows(database);
        if (done("leat.load('public." + table.name + "', chunk => " + chunk + ")")) {
            complete(table);
            begun.put(table, rows);
        }
    }

    /** Cancels the load of a table, wherever it is, and begins it anew. */
    static Healing restart(TestSystem system, Random random) {
        Loads loads = system.loads();
        Table table = any(random);
        return ifThereIsASession(() -> {
            if (loads.state(table).equals("running")) {
                Set<String> rows = table.rows(loads.database);
                String named = "('public." + table.name + "')";
                if (loads.done("leat.cancel_load" + named) && loads.done("leat.restart_load" + named)) {
                    loads.begun.put(table, rows);
                }
            }
        });
    }

    /** Pauses every load. */
    static Healing pause(TestSystem system, Random random) {
        system.loads().done("leat.pause_load(relation) FROM leat_internal.load WHERE state = 'running'");
        return system.loads()::resume;
    }

    private void resume() {
        done("leat.resume_load(relation) FROM leat_internal.load WHERE state = 'paused'");
    }

    private static Table any(Random random) {
        return Table.values()[random.nextInt(Table.values().length)];
    }

    private String state(Table table) {
        return Objects.requireNonNull(database.value(
                "SELECT coalesce(max(state), 'none') FROM leat_internal.load WHERE table_name = '" + table.name + "'"));
    }

    /**
     * Whether the call was done: it has ended by itself meanwhile, a poller that is paused holds it, or a database that takes no writes refuses
     * it. It must not wait long, because the thread that disturbs is also the one that ends disturbances.
     */
    private boolean done(String call) {
        try {
            database.run("SET lock_timeout = '2s'; SELECT " + call);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private void complete(Table table) {
        Set<String> rows = begun.remove(table);
        if (rows != null && table.keysStay()) {
            rows.forEach(row -> due.merge(row, 1, Integer::sum));
        }
    }

    /** Waits for the end of every load, loads all tables once more, and waits until everything was sent. Nobody writes any more. */
    void end(Duration patience) {
        Await.until("the end of the loads", patience, () -> {
            // What was cancelled and could not be restarted is not to be waited for.
            resume();
            return ended();
        });
        for (Table table : Table.values()) {
            if (state(table).equals("cancelled")) {
                begun.remove(table);
            }
            complete(table);
            table.rows(database).forEach(row -> due.merge(row, 1, Integer::sum));
            database.run("SELECT leat.load('public." + table.name + "')");
        }
        Await.until("the end of the last loads", patience, this::ended);
        database.awaitEmptyOutbox(patience);
    }

    private boolean ended() {
        return "0"
                .equals(database.value("SELECT count(*) FROM leat_internal.load WHERE state IN ('running', 'paused')"));
    }

    /**
     * Says what is wrong, nothing if every row has come as often as it had to.
     *
     * @param came how often loads have brought a row
     */
    List<String> missed(ToIntFunction<String> came) {
        List<String> wrong = new ArrayList<>();
        database.rows("SELECT table_name, state, error FROM leat_internal.load WHERE state <> 'finished'")
                .forEach(row -> wrong.add("a load has not finished: " + row));
        for (Table table : Table.values()) {
            for (String row : table.rows(database)) {
                if (came.applyAsInt(row) < due.getOrDefault(row, 0)) {
                    wrong.add("row " + row + " was brought " + came.applyAsInt(row) + " times and not " + due.get(row));
                }
            }
        }
        return wrong.size() > 10 ? wrong.subList(0, 10) : wrong;
    }
}
