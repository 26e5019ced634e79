package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two pollers, of which one is killed with -9 again and again while it publishes: what is counted is what the stream holds, each event once. */
@Tag("postgres")
class CountersIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int TOO_LARGE = 2_000_000;

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Deque<LeatProcess> pollers = new ArrayDeque<>();
    private final LeatProcess.Environment environment = environment();

    private LeatProcess.Environment environment() {
        String role = database.role("leat_counted");
        database.run("SELECT leat.grant_poller('" + role + "')");
        return new LeatProcess.Environment(database, role, stream.local().endpoint(), TestStream.NAME);
    }

    @Test
    void whoeverIsKilledTheFiguresAreThoseOfTheStream() throws Exception {
        for (String table : new String[] {"orders", "items"}) {
            database.run("CREATE TABLE public." + table + " (id int PRIMARY KEY, v text);"
                    + "SELECT leat.attach('public." + table + "', on_quarantine => 'pass')");
        }
        database.run("INSERT INTO public.items VALUES (0, repeat('x', " + TOO_LARGE + "))");
        database.run("INSERT INTO public.items VALUES (-1, repeat('x', " + TOO_LARGE + "))");
        try {
            start();
            start();
            int rounds = Extent.of(3, 12);
            for (int round = 0; round < rounds; round++) {
                String published = published();
                database.run("""
                        INSERT INTO public.orders SELECT %1$s * 10000 + n FROM generate_series(1, 2000) n;
                        INSERT INTO public.items SELECT %1$s * 10000 + n FROM generate_series(1, 300) n;
                        UPDATE public.orders SET v = 'a' WHERE id %% 2 = 0;
                        DELETE FROM public.orders WHERE id %% 5 = 0;
                        SELECT leat.publish('k' || n, 'Type', '{}') FROM generate_series(1, 50) n""".formatted(round + 1));
                Await.until(
                        "some of it to be published",
                        PATIENCE,
                        () -> !published().equals(published));
                pollers.removeFirst().kill();
                start();
            }
            database.run("SELECT leat.load('public.items')");
            Await.until(
                    "the load to end",
                    PATIENCE,
                    () -> "finished".equals(database.value("SELECT state FROM leat_internal.load")));
            database.run("TRUNCATE public.orders");
            database.awaitEmptyOutbox(PATIENCE);
            LeatProcess.run(environment, "quarantine", "discard", "--all");
            pollers.removeFirst().kill();

            JsonNode status = new ObjectMapper().readTree(LeatProcess.run(environment, "status", "--json"));
            Map<String, Integer> held = stream();
            assertThat(figure(status, "published")).isEqualTo(held);
            // The two rows that were too large, as they were created and as the load has read them.
            assertThat(figure(status, "discarded")).isEqualTo(Map.of("public.items insert", 2, "public.items read", 2));
            assertThat(figure(status, "quarantined")).isEmpty();
            assertThat(figure(status, "waiting")).isEmpty();
            assertThat(sum(figure(status, "captured"))).isEqualTo(sum(held) + 4);
        } finally {
            pollers.forEach(LeatProcess::close);
        }
    }

    private void start() {
        pollers.addLast(LeatProcess.start(environment, "run", "--retain", "1d"));
    }

    private String published() {
        return String.valueOf(database.value("SELECT sum(published) FROM leat_poller.counter"));
    }

    private static int sum(Map<String, Integer> figures) {
        return figures.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The counts that are not zero, by table and operation. */
    private static Map<String, Integer> figure(JsonNode status, String figure) {
        Map<String, Integer> counts = new TreeMap<>();
        for (JsonNode table : status.at("/tables")) {
            table.get(figure).fields().forEachRemaining(count -> {
                if (count.getValue().asInt() > 0) {
                    counts.put(
                            name(table, "schema", "table") + " " + count.getKey(),
                            count.getValue().asInt());
                }
            });
        }
        return counts;
    }

    /** What the stream holds, each event once, by table and operation. */
    private Map<String, Integer> stream() throws JsonProcessingException {
        Map<String, String> operations =
                Map.of("c", "insert", "u", "update", "d", "delete", "r", "read", "t", "truncate", "m", "message");
        ObjectMapper mapper = new ObjectMapper();
        Set<String> seen = new HashSet<>();
        Map<String, Integer> counts = new TreeMap<>();
        for (String text : stream.texts()) {
            JsonNode event = mapper.readTree(text);
            JsonNode source = event.get("source");
            if (seen.add(source.get("partition_key").asText() + " "
                    + source.get("id").asLong())) {
                counts.merge(
                        name(source, "schema", "table") + " "
                                + operations.get(event.get("op").asText()),
                        1,
                        Integer::sum);
            }
        }
        return counts;
    }

    private static String name(JsonNode of, String schema, String table) {
        return of.path(table).isTextual()
                ? of.get(schema).asText() + "." + of.get(table).asText()
                : "(domain events)";
    }
}
