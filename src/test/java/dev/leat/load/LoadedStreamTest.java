package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two pollers load three tables and publish them, while writers change the same rows; a consumer's view of the stream equals the tables. */
@Tag("postgres")
@Timeout(180)
class LoadedStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int ROWS = 6_000;

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
            """.formatted(ROWS);

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

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private final Queue<String> notices = new ConcurrentLinkedQueue<>();
    private final AtomicInteger written = new AtomicInteger();
    private volatile boolean stopping;

    @Test
    void theViewOfAConsumerEqualsTheTablesWhateverWritersDoMeanwhile() throws Exception {
        long seed = Long.getLong("leat.test.seed", System.nanoTime() & 0xffff);
        System.out.println("LoadedStreamTest: -Dleat.test.seed=" + seed);
        database.run(TABLES);
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Random random = new Random(seed + i);
            Thread writer = new Thread(() -> write(random), "writer-" + i);
            writers.add(writer);
            writer.start();
        }
        LeatPoller one = poller();
        LeatPoller other = poller();
        database.run("SELECT leat.load('public.lines'), leat.load('public.things'), leat.load('public.floats')");
        try {
            Await.until(
                    "three loads to end",
                    PATIENCE,
                    () -> "3"
                            .equals(database.value(
                                    "SELECT count(*) FROM leat_internal.load WHERE state <> 'running'")));
        } catch (AssertionError e) {
            throw new AssertionError(
                    database.rows("SELECT * FROM leat_poller.load") + " " + troubles + " " + notices, e);
        }
        stopping = true;
        for (Thread writer : writers) {
            writer.join();
        }
        Await.until(
                "an empty outbox",
                PATIENCE,
                () -> "0".equals(database.value("SELECT count(*) FROM leat_internal.outbox")));
        assertThat(one.stop(Duration.ofSeconds(20)).orderly()).isTrue();
        assertThat(other.stop(Duration.ofSeconds(20)).orderly()).isTrue();

        assertThat(database.value("SELECT string_agg(concat_ws(' ', state, error), ', ') FROM leat_internal.load"))
                .isEqualTo("finished, finished, finished");
        assertThat(troubles).isEmpty();
        assertThat(notices)
                .filteredOn(notice -> notice.contains("has finished"))
                .hasSize(3);
        assertThat(written.get()).isGreaterThan(100);
        Map<String, String> view = view();
        for (Keyed keyed : KEYED) {
            String table = keyed.table();
            TreeSet<String> source = new TreeSet<>();
            database.rows("SELECT '" + table + " ' || row_to_json(t) FROM " + table + " t")
                    .forEach(row -> source.add(row.get(0)));
            assertThat(new TreeSet<>(view.values().stream()
                            .filter(each -> each.startsWith(table + " "))
                            .toList()))
                    .isEqualTo(source);
        }
    }

    /** The last row of each key, as the events arrive; none may be older than one that has arrived before it. */
    private Map<String, String> view() throws JsonProcessingException {
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
        assertThat(loaded).isGreaterThan(ROWS);
        assertThat(marks.get("first")).isBetween(1, 3);
        assertThat(marks.getOrDefault("last", 0)).isLessThanOrEqualTo(3);
        return view;
    }

    private LeatPoller poller() throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .listener(new PollerListener() {
                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        troubles.add(cause + ", caused by " + cause.getCause());
                    }

                    @Override
                    public void upkeepFailed(String duty, String consequence, RuntimeException cause, Duration pause) {
                        troubles.add(duty + ": " + cause);
                    }

                    @Override
                    public void notice(String text) {
                        notices.add(text);
                    }
                })
                .build();
        poller.start();
        return poller;
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
                        Thread.sleep(random.nextInt(150));
                    }
                    if (random.nextInt(10) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        written.incrementAndGet();
                    }
                } catch (SQLException e) {
                    // Two writers wait for each other, or a key has been taken meanwhile.
                    connection.rollback();
                    if (!List.of("40P01", "23505").contains(e.getSQLState())) {
                        throw e;
                    }
                }
            }
        } catch (SQLException | InterruptedException e) {
            troubles.add(e.toString());
        }
    }

    private static String change(Random random, Keyed keyed) {
        int number = 1 + random.nextInt(ROWS);
        String update = "UPDATE " + keyed.table() + " SET v = nextval('public.change')";
        return switch (random.nextInt(5)) {
            case 0 ->
                "INSERT INTO " + keyed.table() + " VALUES (" + keyed.value().formatted(number)
                        + ", nextval('public.change')) ON CONFLICT DO NOTHING";
            case 1 -> "DELETE FROM " + keyed.table() + keyed.where(number);
            case 2 ->
                update + ", (" + keyed.key() + ") = ROW(" + keyed.value().formatted(1 + random.nextInt(ROWS)) + ")"
                        + keyed.where(number);
            default -> update + keyed.where(number);
        };
    }
}
