package dev.leat.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.database.PinnedDataSource;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Generated functions stay in use after a migration until they are written again. The objects of Leat that they use are listed, and still
 * work.
 */
@Tag("postgres")
class CaptureInterfaceTest {

    private static final Path PAGE = Path.of("docs", "upgrading.md");
    private static final String BEGIN = "<!-- interface -->\n";
    private static final String END = "<!-- /interface -->";
    private static final Pattern INSERTED = Pattern.compile("INSERT INTO leat_internal\\.outbox \\(([^)]+)\\)");
    private static final Pattern USED = Pattern.compile("leat_internal\\.([a-z_]+)");

    /** A table for each form that a capture function can have. */
    private static final String FORMS = """
            CREATE TYPE public.pair AS (a int, b text);
            CREATE TABLE public.plain (id int PRIMARY KEY, v int);
            CREATE TABLE public.bulk (id int PRIMARY KEY, v int);
            CREATE TABLE public.held (id int PRIMARY KEY, v int);
            CREATE TABLE public.hidden (id int PRIMARY KEY, v int, secret text);
            CREATE TABLE public.nested (id int PRIMARY KEY, v int, pairs public.pair[]);
            CREATE TABLE public.routed (id int PRIMARY KEY, v text, body json);
            CREATE TABLE public.parted (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
            CREATE TABLE public.parted_all PARTITION OF public.parted DEFAULT;
            SELECT leat.attach('public.plain'),
                   leat.attach('public.bulk', capture => 'statement'),
                   leat.attach('public.held', key => '{v}', before => false),
                   leat.attach('public.hidden', exclude => '{secret}', before => false),
                   leat.attach('public.nested'),
                   leat.attach('public.routed', event_router => '{key=v,type=v,payload=body,delete}'),
                   leat.attach('public.parted')""";

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @Test
    void thePageListsWhatCaptureFunctionsUse() throws IOException {
        Migrations.migrate(database.owner());
        database.run(FORMS);
        String sources = database
                .rows(
                        "SELECT prosrc FROM pg_proc WHERE pronamespace = 'leat_internal'::regnamespace AND proname ~ '^capture_[0-9]+$'")
                .stream()
                .map(row -> String.valueOf(row.get(0)))
                .collect(Collectors.joining());
        Set<String> used = new TreeSet<>(Set.of("capture_began", "remove_routed"));
        Set<String> columns = new TreeSet<>();
        USED.matcher(sources).results().forEach(found -> used.add(found.group(1)));
        INSERTED.matcher(sources)
                .results()
                .forEach(found ->
                        columns.addAll(Arrays.asList(found.group(1).trim().split(",\\s*"))));
        // In databases of other encodings.
        used.add("readable");
        String table = used.stream().map(this::described).collect(Collectors.joining())
                + "| columns of `leat_internal.outbox`: " + String.join(", ", columns) + " |\n";

        String page = Files.readString(PAGE);
        assertThat(page).contains(BEGIN, END);
        String written = page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + "| object |\n|---|\n" + table
                + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("leat.regenerate")) {
            Files.writeString(PAGE, written);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(written);
    }

    private String described(String name) {
        return "| `" + database.value("""
                SELECT coalesce((SELECT string_agg(format('leat_internal.%%s(%%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '`, `')
                                   FROM pg_proc p WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = '%1$s'),
                                'leat_internal.%1$s')""".formatted(name)) + "` |\n";
    }

    @Test
    void functionsOfTheReleasedSchemaCaptureUntilTheyAreWrittenAnew() {
        PinnedDataSource owner = PinnedDataSource.of(database.owner());
        SchemaOwnership.claim(owner, Migrations.HISTORY_SCHEMA, Migrations.HISTORY_TABLE);
        Migrations.flyway(owner, Duration.ofSeconds(30), "filesystem:src/test/resources/dev/leat/released/1")
                .migrate();
        database.run(FORMS);
        String functions =
                "SELECT string_agg(prosrc, '' ORDER BY proname) FROM pg_proc WHERE proname ~ '^capture_[0-9]+$'";
        String before = database.value(functions);

        Migrations.migrate(database.owner());
        for (String table : Set.of("plain", "bulk", "held", "hidden", "nested", "parted")) {
            for (String ddl : Set.of("SELECT 1", "ALTER TABLE public." + table + " ADD added public.pair")) {
                database.run(ddl);
                database.run(
                        "INSERT INTO public.%1$s (id, v) VALUES (1, 1); UPDATE public.%1$s SET v = 2;".formatted(table)
                                + " UPDATE public.%1$s SET id = 2; DELETE FROM public.%1$s; TRUNCATE public.%1$s"
                                        .formatted(table));
            }
        }

        assertThat(database.value(functions)).isEqualTo(before);
        assertThat(database.rows("SELECT table_name, fault FROM leat_internal.outbox WHERE fault IS NOT NULL"))
                .isEmpty();
        assertThat(database.rows("SELECT DISTINCT table_name FROM leat_internal.outbox WHERE op = 'd'"))
                .hasSize(6);
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE op = 't'"))
                .isEqualTo(String.valueOf(6 * 2 * 64));
    }
}
