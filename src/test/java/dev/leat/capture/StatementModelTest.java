package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import dev.leat.testkit.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same random statements run on two tables, one captured by the row and one by the statement. Each key must have the same events in the
 * same order, and the events must lead to the contents of the table.
 */
@Tag("postgres")
class StatementModelTest extends CaptureFixture {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffffff);
    private static final int ROUNDS = 60;
    private static final int STATEMENTS = 10;

    private final Random random = new Random(SEED);

    @Test
    void bothWaysCaptureTheSame() throws Exception {
        System.out.println("StatementModelTest: -Dleat.test.seed=" + SEED);
        for (String name : List.of("by_row", "by_statement")) {
            run("CREATE TABLE public." + name + " (id numeric PRIMARY KEY, v int);" + " SELECT leat.attach('public."
                    + name + "', capture => '" + name.substring(3) + "')");
        }
        try (Session session = session()) {
            int version = Integer.parseInt(String.valueOf(session.value("SHOW server_version_num")));
            for (int round = 0; round < ROUNDS; round++) {
                session.run("TRUNCATE public.by_row, public.by_statement; DELETE FROM leat_internal.outbox");
                // In one transaction no row is cleaned away, so both tables keep their rows at the same places.
                session.run("BEGIN");
                List<String> done = new ArrayList<>();
                for (int statement = 0; statement < STATEMENTS; statement++) {
                    String sql = statement(version);
                    if (both(session, sql)) {
                        done.add(sql);
                    }
                }
                TreeMap<String, List<String>> events = events(session, "by_statement");
                assertThat(events)
                        .as("seed %d, round %d: %s", SEED, round, done)
                        .isEqualTo(events(session, "by_row"));
                assertThat(left(events))
                        .as("seed %d, round %d: %s", SEED, round, done)
                        .isEqualTo(rows(session, "SELECT row_to_json(t)::text FROM public.by_statement AS t"));
                session.run("COMMIT");
            }
        }
    }

    /** Whether the statement was accepted for both tables; else it is undone for both. */
    private static boolean both(Session session, String sql) {
        session.run("SAVEPOINT here");
        try {
            session.run(sql.replace("$t", "public.by_row"));
            session.run(sql.replace("$t", "public.by_statement"));
            return true;
        } catch (IllegalStateException refused) {
            session.run("ROLLBACK TO here");
            return false;
        }
    }

    private String statement(int version) {
        int from = random.nextInt(8);
        int to = from + 1 + random.nextInt(4);
        int value = random.nextInt(100);
        String range = " BETWEEN " + from + " AND " + to;
        String some = "generate_series(" + from + ", " + to + ") AS n";
        String matched = List.of("DELETE", "UPDATE SET v = s.v", "UPDATE SET id = t.id + 20", "DO NOTHING")
                .get(random.nextInt(4));
        return switch (random.nextInt(version < 150_000 ? 11 : 14)) {
            case 0 -> "INSERT INTO $t SELECT n, " + value + " FROM " + some + " ON CONFLICT DO NOTHING";
            case 1 ->
                "INSERT INTO $t SELECT n, " + value + " FROM " + some
                        + " ON CONFLICT (id) DO UPDATE SET v = excluded.v";
            case 2 ->
                "INSERT INTO $t AS t VALUES (" + from + ", 1), (" + from
                        + ", 2) ON CONFLICT (id) DO UPDATE SET id = t.id + 20";
            case 3 -> "UPDATE $t SET v = " + value + " WHERE id" + range;
            case 4 -> "UPDATE $t SET id = id + " + (random.nextInt(5) - 2) + " WHERE id" + range;
            case 5 -> "UPDATE $t SET id = id + 0.0, v = " + value + " WHERE id" + range;
            case 6 -> "DELETE FROM $t WHERE id" + range;
            case 7 ->
                "WITH m AS (DELETE FROM $t WHERE id" + range + " RETURNING id) INSERT INTO $t SELECT id, " + value
                        + " FROM m LIMIT " + (1 + random.nextInt(3));
            case 8 ->
                "WITH m AS (UPDATE $t SET id = id + 20 WHERE id" + range + " RETURNING id - 20 AS id)"
                        + " INSERT INTO $t SELECT id, " + value + " FROM m LIMIT " + (1 + random.nextInt(3));
            case 9 ->
                "WITH u AS (UPDATE $t SET v = v + 1 WHERE id" + range + "), d AS (DELETE FROM $t WHERE id > " + to
                        + ") INSERT INTO $t VALUES (" + (30 + value) + ", 0)";
            case 10 ->
                "DO $$ BEGIN INSERT INTO $t VALUES (" + from + ", 0); DELETE FROM $t WHERE id = " + from
                        + "; INSERT INTO $t VALUES (" + from + ", 1); END $$";
            default ->
                "MERGE INTO $t AS t USING (SELECT n::numeric AS id, " + value + " AS v, n % 2 AS odd FROM " + some
                        + " UNION ALL SELECT n, 0, 2 FROM " + some + ") AS s ON t.id = s.id AND s.odd < 2"
                        + " WHEN MATCHED AND s.odd = 1 THEN " + matched
                        + " WHEN MATCHED THEN UPDATE SET v = t.v + 1"
                        + " WHEN NOT MATCHED AND (s.odd = 2 AND s.id % 2 = 1) THEN INSERT VALUES (s.id, s.v)";
        };
    }

    private static TreeMap<String, List<String>> events(Session session, String table) throws SQLException {
        TreeMap<String, List<String>> events = new TreeMap<>();
        TestDatabase.rows(
                        session.connection(),
                        "SELECT " + Captured.COLUMNS + " FROM leat_internal.outbox WHERE table_name = '" + table
                                + "' AND op <> 't' ORDER BY id")
                .stream()
                .map(Captured::of)
                .forEach(event -> events.computeIfAbsent(
                                event.partitionKey().substring("public.".length() + table.length()),
                                key -> new ArrayList<>())
                        .add(event.op() + " " + event.key() + " " + event.before() + " -> " + event.after()
                                + event.held() + event.fault()));
        return events;
    }

    /** The rows that each key's last event leaves. */
    private static List<String> left(TreeMap<String, List<String>> events) {
        return events.values().stream()
                .map(ofKey -> ofKey.get(ofKey.size() - 1))
                .filter(last -> !last.startsWith("d"))
                .map(last -> last.substring(last.indexOf(" -> ") + 4).replace("falsenull", ""))
                .sorted()
                .toList();
    }

    private static List<String> rows(Session session, String query) throws SQLException {
        return TestDatabase.rows(session.connection(), query).stream()
                .map(row -> String.valueOf(row.get(0)))
                .sorted()
                .toList();
    }
}
