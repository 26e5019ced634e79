package dev.leat.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.consume.Deduplicator;
import dev.leat.database.PinnedDataSource;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import dev.leat.testkit.Writers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The schema of a release, with data, attached tables, writers and pollers, is migrated to this version and to the next one, while the
 * pollers are replaced one after the other. The scripts of each release are under {@code dev/leat/released}, unchanged.
 */
@Tag("postgres")
@Timeout(300)
class ReleasedSchemaTest {

    private static final Path CURRENT = Path.of("db", "migration");
    private static final Path RELEASED = Path.of("src", "test", "resources", "dev", "leat", "released", "1");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @AutoClose
    private final TestStream stream = new TestStream(4);

    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();

    /** Until 0.1.0 is released its scripts may still change: {@code -Dleat.regenerate=true} keeps them anew. */
    @Test
    void theKeptScriptsAreThoseOfTheVersionThatIsNotReleasedYet() throws IOException {
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.createDirectories(RELEASED);
            for (Path kept : files(RELEASED)) {
                Files.delete(kept);
            }
            for (Path script : files(CURRENT)) {
                Files.copy(script, RELEASED.resolve(script.getFileName()));
            }
        }
        assertThat(texts(RELEASED)).isEqualTo(texts(CURRENT));
    }

    @Test
    void aFleetIsRolledFromTheReleasedSchemaToTheNextAndNothingIsLost(@TempDir Path next) throws Exception {
        migrate("filesystem:" + RELEASED);
        String poller = database.role("leat_poller");
        String publisher = database.role("leat_publisher");
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int);"
                + " CREATE TABLE public.bulk (id int PRIMARY KEY, v int);"
                + " SELECT leat.attach('public.orders'), leat.attach('public.bulk', capture => 'statement');"
                + " SELECT leat.grant_poller('" + poller + "'), leat.grant_publisher('" + publisher + "');"
                + " SELECT leat.allow_stream('audit')");
        LeatPoller old = start(poller);
        LeatPoller renewed;
        try (Writers writers = new Writers(database, 3, Duration.ofSeconds(30), "public.orders", "public.bulk")) {
            writers.awaitMore(50);
            Migrations.migrate(database.owner());
            writers.awaitMore(50);

            writeNext(next);
            migrate("filesystem:" + next);
            assertThat(database.value("SELECT leat.schema_version()")).isEqualTo("2");
            writers.awaitMore(50);
            Await.until(
                    "capture functions of the next version",
                    PATIENCE,
                    () -> "2"
                            .equals(database.value(
                                    "SELECT count(*) FROM pg_proc WHERE pronamespace = 'leat_internal'::regnamespace"
                                            + " AND proname ~ '^capture_[0-9]+$' AND prosrc LIKE '%Version 2%'")));
            // An instance of the former release that starts meanwhile leaves the schema alone, and works.
            assertThat(Migrations.migrate(database.owner())).isZero();
            renewed = start(poller);
            writers.awaitMore(50);
            assertThat(old.stop(Duration.ofSeconds(20)).orderly()).isTrue();
            writers.awaitMore(50);
            assertThat(writers.failures()).isEmpty();
        }
        database.awaitEmptyOutbox(PATIENCE);
        assertThat(renewed.stop(Duration.ofSeconds(20)).orderly()).isTrue();
        assertThat(troubles).isEmpty();
        assertEveryChangeArrived();
        assertThat(database.value("SELECT count(*) FROM leat_internal.quarantine"))
                .isEqualTo("0");
        assertThat(database.rows("SELECT * FROM leat.foreign_rights()")).isEmpty();
        assertThat(
                        database.rows(
                                "SELECT has_table_privilege('leat_poller', 'leat_poller.outbox', 'SELECT'),"
                                        + " has_function_privilege('leat_publisher', 'leat.publish(text, text, json, text, text)', 'EXECUTE')"))
                .containsExactly(List.of("t", "t"));
    }

    /** Each event's old row is the row that the event before it has left, and the last ones are what the tables hold. */
    private void assertEveryChangeArrived() {
        Pattern envelope = Pattern.compile(
                "\\{\"before\":(null|\\{[^}]*\\}),\"after\":(null|\\{[^}]*\\}).*\"partition_key\":\"([^\"]+)\".*");
        Deduplicator deduplicator = new Deduplicator();
        Map<String, String> rows = new TreeMap<>();
        for (String event : stream.texts()) {
            if (deduplicator.first(event.getBytes(StandardCharsets.UTF_8))) {
                Matcher parts = envelope.matcher(event);
                assertThat(parts.matches()).as(event).isTrue();
                assertThat(parts.group(1)).as(event).isEqualTo(rows.getOrDefault(parts.group(3), "null"));
                if (parts.group(2).equals("null")) {
                    rows.remove(parts.group(3));
                } else {
                    rows.put(parts.group(3), parts.group(2));
                }
            }
        }
        Map<String, String> tables = new TreeMap<>();
        database.rows("SELECT 'public.orders.' || id, row_to_json(t)::text FROM public.orders t"
                        + " UNION ALL SELECT 'public.bulk.' || id, row_to_json(t)::text FROM public.bulk t")
                .forEach(row -> tables.put(String.valueOf(row.get(0)), String.valueOf(row.get(1))));
        assertThat(rows).isEqualTo(tables).isNotEmpty();
    }

    private LeatPoller start(String role) throws SQLException {
        LeatPoller poller = LeatPoller.builder(database.as(role), stream.client(), TestStream.NAME)
                .listener(new PollerListener() {
                    @Override
                    public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                        troubles.add(cause + ", caused by " + cause.getCause());
                    }
                })
                .build();
        poller.start();
        return poller;
    }

    private void migrate(String location) {
        PinnedDataSource owner = PinnedDataSource.of(database.owner());
        SchemaOwnership.claim(owner, Migrations.HISTORY_SCHEMA, Migrations.HISTORY_TABLE);
        Migrations.flyway(owner, PATIENCE, location).migrate();
    }

    /** A version that alters the outbox, makes a view of pollers anew, and writes other capture functions; it serves today's pollers. */
    private static void writeNext(Path directory) throws IOException {
        for (Path script : files(CURRENT)) {
            Files.copy(script, directory.resolve(script.getFileName()));
        }
        Files.writeString(directory.resolve("V2__note.sql"), """
                SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
                SELECT leat_internal.lock_tables('V2__note.sql', '60 seconds', 'leat_poller.outbox', 'leat_internal.outbox');
                ALTER TABLE leat_internal.outbox ADD COLUMN note text;
                DROP VIEW leat_poller.outbox;
                CREATE VIEW leat_poller.outbox AS
                    SELECT o.*, o.op <> 'm' OR o.stream IS NULL OR EXISTS (SELECT FROM leat_poller.stream s WHERE s.stream = o.stream) AS stream_known
                      FROM leat_internal.outbox o;
                """);
        edit(
                directory.resolve("R__04_capture.sql"),
                "-- Written by leat.attach",
                "-- Version 2. Written by leat.attach");
        edit(directory.resolve("R__11_rights.sql"), "\n-- scripts ", "\n-- scripts of version 2: ");
        edit(
                directory.resolve("R__11_rights.sql"),
                "leat.schema_version() RETURNS integer\n    LANGUAGE sql STABLE PARALLEL SAFE\n"
                        + "    SET search_path = pg_catalog, pg_temp\n    AS $$ SELECT 1 $$;",
                "leat.schema_version() RETURNS integer\n    LANGUAGE sql STABLE PARALLEL SAFE\n"
                        + "    SET search_path = pg_catalog, pg_temp\n    AS $$ SELECT 2 $$;");
    }

    private static void edit(Path script, String was, String becomes) throws IOException {
        String text = Files.readString(script);
        assertThat(text).containsOnlyOnce(was);
        Files.writeString(script, text.replace(was, becomes));
    }

    private static Map<String, String> texts(Path directory) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        for (Path file : files(directory)) {
            texts.put(file.getFileName().toString(), Files.readString(file));
        }
        return texts;
    }

    private static List<Path> files(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
