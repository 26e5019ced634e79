package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.leat.testkit.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SERIALIZABLE transactions that write to unrelated tables must not conflict. Capture writes all their events into one table, so it must
 * not read that table: PostgreSQL ends a transaction that reads and writes a table at the same time as another one.
 */
@Tag("postgres")
class SerializableTest extends CaptureFixture {

    private static final long SEED = Long.getLong("leat.test.seed", System.nanoTime() & 0xffffff);
    private static final int ROUNDS = 100;

    private final Random random = new Random(SEED);
    private int number;

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void writersOfUnrelatedTablesDoNotConflict(String capture) throws Exception {
        System.out.println("SerializableTest: -Dleat.test.seed=" + SEED);
        for (String side : List.of("a", "b")) {
            run("""
                    CREATE TABLE public.parent_$s (id bigint PRIMARY KEY, v int);
                    CREATE TABLE public.child_$s (id bigint PRIMARY KEY, parent bigint REFERENCES public.parent_$s ON DELETE CASCADE);
                    CREATE TABLE public.split_$s (id int PRIMARY KEY) PARTITION BY RANGE (id);
                    CREATE TABLE public.part_$s PARTITION OF public.split_$s FOR VALUES FROM (0) TO (100);
                    CREATE TABLE public.renamed_$s (id int PRIMARY KEY, v int);
                    SELECT leat.attach('public.parent_$s', capture => '$c'), leat.attach('public.child_$s', capture => '$c'),
                           leat.attach('public.split_$s'),
                           leat.attach('public.renamed_$s', mask => '{v}', capture => '$c');
                    ALTER TABLE public.renamed_$s RENAME v TO w;
                    """.replace("$s", side).replace("$c", capture));
        }
        try (Session a = session();
                Session b = session()) {
            for (int round = 0; round < ROUNDS; round++) {
                together(a, b);
            }
        }
    }

    @Test
    void partitionsOfUnrelatedTablesAreTruncated() throws Exception {
        for (String side : List.of("a", "b")) {
            run("CREATE TABLE public.$s (id int PRIMARY KEY) PARTITION BY RANGE (id);".replace("$s", side)
                    + " CREATE TABLE public.part_$s PARTITION OF public.$s DEFAULT; SELECT leat.attach('public.$s')"
                            .replace("$s", side));
        }
        try (Session a = session();
                Session b = session()) {
            a.run("BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO public.a VALUES (1)");
            b.run("BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO public.b VALUES (1)");
            a.run("TRUNCATE public.part_a");
            b.run("TRUNCATE public.part_b");
            a.run("TRUNCATE public.part_a");
            b.run("TRUNCATE public.part_b");
            a.run("COMMIT");
            b.run("COMMIT");
        }
        assertThat(captured()).hasSize(2 + 4 * 64);
    }

    /** The place of a marker is kept in a setting, which anybody can set. */
    @Test
    void theTruncationOfAPartitionCannotBeHidden() throws Exception {
        run("CREATE TABLE public.a (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                + " CREATE TABLE public.part_a PARTITION OF public.a DEFAULT; SELECT leat.attach('public.a')");
        try (Session writer = session()) {
            for (String place : List.of("(0,1)", "nowhere", "(999999999,9999)", "(4294967295,65535)", "")) {
                writer.run("BEGIN; SET LOCAL leat.truncated = '" + place + "'; TRUNCATE public.part_a");
                assertThat(writer.value("SELECT count(*) FROM leat_internal.outbox WHERE table_name = 'part_a'"))
                        .isEqualTo("64");
                writer.run("ROLLBACK");
            }
        }
    }

    @Test
    void tablesAreAttachedBesideWriters() throws Exception {
        run("CREATE TABLE public.a (id int PRIMARY KEY, v int); CREATE TABLE public.b (id int PRIMARY KEY);"
                + " SELECT leat.attach('public.a', mask => '{v}'); ALTER TABLE public.a RENAME v TO w");
        try (Session writer = session();
                Session owner = session()) {
            writer.run("BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO public.a VALUES (1)");
            owner.run("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT leat.attach('public.b')");
            writer.run("INSERT INTO public.a VALUES (2)");
            owner.run("INSERT INTO public.b VALUES (1)");
            owner.run("COMMIT");
            writer.run("UPDATE public.a SET w = 1");
            writer.run("COMMIT");
        }
        assertThat(captured()).hasSize(5);
    }

    /** A transaction each, their statements in turn as it happens. */
    private void together(Session a, Session b) {
        List<String> done = new ArrayList<>();
        a.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        b.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        int ofA = 1 + random.nextInt(4);
        int ofB = 1 + random.nextInt(4);
        while (ofA > 0 || ofB > 0) {
            if (ofB == 0 || ofA > 0 && random.nextBoolean()) {
                run(a, "a", --ofA == 0 ? "COMMIT" : statement("a"), done);
            } else {
                run(b, "b", --ofB == 0 ? "COMMIT" : statement("b"), done);
            }
        }
    }

    private static void run(Session session, String name, String sql, List<String> done) {
        done.add(name + ": " + sql);
        try {
            session.run(sql);
        } catch (IllegalStateException e) {
            String state = e.getCause() instanceof SQLException refusal ? refusal.getSQLState() : "";
            fail("seed " + SEED + ": " + state + " " + e.getMessage() + " after\n" + String.join("\n", done), e);
        }
    }

    private String statement(String side) {
        int from = random.nextInt(40);
        int to = from + random.nextInt(8);
        int step = ++number * 1_000;
        String sql = switch (random.nextInt(10)) {
            case 0, 1 ->
                "INSERT INTO public.parent_$s SELECT n, 0 FROM generate_series(%1$d, %2$d) AS n ON CONFLICT DO NOTHING";
            case 2 ->
                "INSERT INTO public.parent_$s SELECT n, 0 FROM generate_series(%1$d, %2$d) AS n"
                        + " ON CONFLICT (id) DO UPDATE SET v = excluded.v + 1";
            case 3 ->
                "INSERT INTO public.child_$s SELECT id, id FROM public.parent_$s WHERE id BETWEEN %1$d AND %2$d"
                        + " ON CONFLICT DO NOTHING";
            case 4 -> "UPDATE public.parent_$s SET v = v + 1 WHERE id BETWEEN %1$d AND %2$d";
            case 5 -> "UPDATE public.child_$s SET id = id + %3$d WHERE id BETWEEN %1$d AND %2$d";
            case 6 -> "DELETE FROM public.parent_$s WHERE id BETWEEN %1$d AND %2$d";
            case 7 -> "TRUNCATE public.part_$s; INSERT INTO public.split_$s VALUES (%1$d)";
            case 8 ->
                "INSERT INTO public.renamed_$s VALUES (%3$d, 1); UPDATE public.renamed_$s SET w = w + 1;"
                        + " DELETE FROM public.renamed_$s WHERE id < %3$d";
            default -> "SELECT leat.publish('$s-%1$d', 'Happened', '{}')";
        };
        return sql.formatted(from, to, step).replace("$s", side);
    }
}
