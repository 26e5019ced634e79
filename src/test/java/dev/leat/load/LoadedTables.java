package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Three tables with rows, their writers, and a consumer's copy of them. */
final class LoadedTables implements AutoCloseable {

    private static final int WRITERS = 3;
    private static final int ENOUGH = 100;

    private static final String TABLES = """
            CREATE SEQUENCE public.change;
            CREATE TABLE public.lines (a int, b text, v bigint NOT NULL, PRIMARY KEY (a, b));
            CREATE TABLE public.things (id uuid PRIMARY KEY, v bigint NOT NULL);
            CREATE TABLE public.floats (id float8 PRIMARY KEY, v bigint NOT NULL);
            INSERT INTO public.lines SELECT i / 5, 'k' || i, 0 FROM generate_series(1, %1$s) i;
            INSERT INTO public.things SELECT md5(i::text)::uuid, 0 FROM generate_series(1, %1$s) i;
            INSERT INTO public.floats SELECT CASE WHEN i < 4 THEN ('{NaN,Infinity,-Infinity}'::float8[])[i] ELSE i / 7.0 END, 0
              FROM generate_series(1, %1$s) i;
            SELECT leat.attach('public.lines'), leat.attach('public.things', capture => 'statement'), leat.attach('public.floats')
            """;

    /**
     * A table whose rows have numbers, from which their keys follow: so one that is gone can come back.
     *
     * @param key its columns
     * @param value their values, of a number
     */
    private record Keyed(String table, String key, String value) {

        String where(int number) {
            return " WHERE (" + key + ") = (" + value.formatted(number) + ")";
        }
    }

    private static final List<Keyed> KEYED = List.of(
            new Keyed("public.lines", "a, b", "%1$s / 5, 'k' || %1$s"),
            new Keyed("public.things", "id", "md5('%1$s')::uuid"),
            new Keyed(
                    "public.floats",
                    "id",
                    "CASE WHEN %1$s < 4 THEN ('{NaN,Infinity,-Infinity}'::float8[])[%1$s] ELSE %1$s / 7.0 END"));

    private final TestDatabase database;
    private final int rows;
    private final Duration pause;
    private final List<Thread> writers = new ArrayList<>();
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final AtomicInteger written = new AtomicInteger();
    private volatile boolean stopping;

    /**
     * Fills the tables, attaches them, and lets writers begin.
     *
     * @param rows how many each table has
     * @param transactionsPerSecond about how many the writers try; each changes two rows or three
     * @param seed of what they change
     */
    LoadedTables(TestDatabase database, int rows, int transactionsPerSecond, long seed) {
        this.database = database;
        this.rows = rows;
        this.pause = Duration.ofSeconds(WRITERS).dividedBy(transactionsPerSecond);
        System.out.println("LoadedTables: -Dleat.test.seed=" + seed);
        database.run(TABLES.formatted(rows));
        for (int i = 0; i < WRITERS; i++) {
            Random random = new Random(31 * seed + i);
            Thread writer = new Thread(() -> write(random), "writer-" + i);
            writers.add(writer);
            writer.start();
        }
    }

    /** Registers the loads of all three. */
    void load() {
        database.run("SELECT leat.load('public.lines'), leat.load('public.things'), leat.load('public.floats')");
    }

    boolean ended() {
        return "0".equals(database.value("SELECT count(*) FROM leat_internal.load WHERE state = 'running'"));
    }

    /** How many events are in the outbox. */
    long waiting() {
        return Long.parseLong(String.valueOf(database.value("SELECT count(*) FROM leat_internal.outbox")));
    }

    /** Ends the writers, and waits until everything was published. */
    void settle(Duration patience) throws InterruptedException {
        Await.until("enough writes", patience, () -> written.get() > ENOUGH || !troubles.isEmpty());
        close();
        Await.until("an empty outbox", patience, () -> waiting() == 0);
    }

    /** The view of a consumer equals the tables, and no row of a key has come after a newer one. */
    void check(TestStream stream) throws JsonProcessingException {
        assertThat(database.value("SELECT string_agg(concat_ws(' ', state, error), ', ') FROM leat_internal.load"))
                .isEqualTo("finished, finished, finished");
        assertThat(troubles).isEmpty();
        assertThat(written.get()).isGreaterThan(ENOUGH);
        Map<String, String> view = view(stream);
        for (Keyed keyed : KEYED) {
            TreeSet<@Nullable String> source = new TreeSet<>();
            database.rows("SELECT '" + keyed.table() + " ' || row_to_json(t) FROM " + keyed.table() + " t")
                    .forEach(row -> source.add(row.get(0)));
            assertThat(new TreeSet<>(view.values().stream()
                            .filter(each -> each.startsWith(keyed.table() + " "))
                            .toList()))
                    .isEqualTo(source);
        }
    }

    /** The last row of each key, as the events arrive; none may be older than one that has arrived before it. */
    private Map<String, String> view(TestStream stream) throws JsonProcessingException {
        ObjectMapper mapper = new ObjectMapper();
        Map<String, String> view = new HashMap<>();
        Map<String, Long> ids = new HashMap<>();
        Map<String, Long> newest = new HashMap<>();
        Map<String, Integer> marks = new HashMap<>();
        int loaded = 0;
        for (String text : stream.texts()) {
            JsonNode event = mapper.readTree(text);
            String key = event.at("/source/partition_key").asText();
            long id = event.at("/source/id").asLong();
            if (id <= ids.getOrDefault(key, 0L)) {
                continue;
            }
            ids.put(key, id);
            if (event.get("op").asText().equals("r")) {
                loaded++;
                marks.merge(event.at("/source/snapshot").asText(), 1, Integer::sum);
                assertThat(event.get("before").isNull()).isTrue();
            } else {
                assertThat(event.at("/source/snapshot").asText()).isEqualTo("false");
            }
            JsonNode image = event.get(event.get("after").isNull() ? "before" : "after");
            long change = image.get("v").asLong();
            assertThat(change).as(text).isGreaterThanOrEqualTo(newest.getOrDefault(key, -1L));
            newest.put(key, change);
            if (event.get("after").isNull()) {
                view.remove(key);
            } else {
                int begin = text.indexOf("\"after\":") + "\"after\":".length();
                view.put(
                        key,
                        "public." + event.at("/source/table").asText() + " "
                                + text.substring(begin, text.indexOf(",\"key\":", begin)));
            }
        }
        assertThat(loaded).isGreaterThan(rows);
        assertThat(marks.get("first")).isBetween(1, 3);
        assertThat(marks.getOrDefault("last", 0)).isLessThanOrEqualTo(3);
        return view;
    }

    private void write(Random random) {
        try (Connection connection = database.owner().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            while (!stopping) {
                try {
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        statement.execute(change(random, KEYED.get(random.nextInt(3))));
                    }
                    if (random.nextInt(20) == 0) {
                        // The rows that it has changed stay locked for that long.
                        statement.execute("SELECT pg_sleep(" + random.nextInt(150) / 1000.0 + ")");
                    }
                    if (random.nextInt(10) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        written.incrementAndGet();
                    }
                    LockSupport.parkNanos(pause.toNanos());
                } catch (SQLException e) {
                    // Two writers wait for each other, or a key has been taken meanwhile.
                    connection.rollback();
                    if (!List.of("40P01", "23505").contains(e.getSQLState())) {
                        throw e;
                    }
                }
            }
        } catch (SQLException e) {
            troubles.add(e.toString());
        }
    }

    private String change(Random random, Keyed keyed) {
        int number = 1 + random.nextInt(rows);
        String update = "UPDATE " + keyed.table() + " SET v = nextval('public.change')";
        return switch (random.nextInt(5)) {
            case 0 ->
                "INSERT INTO " + keyed.table() + " VALUES (" + keyed.value().formatted(number)
                        + ", nextval('public.change')) ON CONFLICT DO NOTHING";
            case 1 -> "DELETE FROM " + keyed.table() + keyed.where(number);
            case 2 ->
                update + ", (" + keyed.key() + ") = ROW(" + keyed.value().formatted(1 + random.nextInt(rows)) + ")"
                        + keyed.where(number);
            default -> update + keyed.where(number);
        };
    }

    /** Ends the writers after the transaction that each is at. */
    @Override
    public void close() throws InterruptedException {
        stopping = true;
        for (Thread writer : writers) {
            writer.join();
        }
    }
}
