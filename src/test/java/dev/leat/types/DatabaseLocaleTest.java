package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.doctor.Inspection;
import dev.leat.schema.Migrations;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A database whose locale maps I to ı and i to İ. */
@Tag("postgres")
class DatabaseLocaleTest {

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void changesAreCapturedAndCarried(String capture) throws SQLException {
        try (TestDatabase database = TestServer.shared().turkishDatabase()) {
            assertThat(database.value("SELECT upper('i')"))
                    .isEqualTo(TestServer.shared().major() < 15 ? "I" : "İ");
            Migrations.migrate(database.owner());
            database.run("CREATE TABLE public.\"INVOICE\" (id int PRIMARY KEY, \"ISSUER\" text, city text);"
                    + " SELECT leat.attach('public.\"INVOICE\"', exclude => '{city}', capture => '" + capture + "',"
                    + " operations => '{insert,update,delete,truncate}')");
            try (Changes changes = new Changes(database)) {
                database.run("INSERT INTO public.\"INVOICE\" VALUES (1, 'Iğdır', 'İzmir')");
                database.run("UPDATE public.\"INVOICE\" SET \"ISSUER\" = 'i'");
                database.run("ALTER TABLE public.\"INVOICE\" RENAME city TO \"CITY\"; SELECT leat.refresh()");
                database.run("DELETE FROM public.\"INVOICE\"");
                database.run("SELECT leat.publish('INVOICE-1', 'Issued', '{}')");

                assertThat(changes.next(4))
                        .extracting(Received::partitionKey)
                        .containsExactlyInAnyOrder(
                                "public.\"INVOICE\".1", "public.\"INVOICE\".1", "public.\"INVOICE\".1", "INVOICE-1");
            }
            database.run("TRUNCATE public.\"INVOICE\"");
            assertThat(database.value("SELECT count(*) FROM leat_internal.outbox"))
                    .isEqualTo("64");
            database.run("SELECT leat_poller.rotate_sent('1 day')");
            database.run("GRANT SELECT ON leat_internal.outbox TO PUBLIC");
            assertThat(new Inspection(database.owner(), Instant::now).findings().toString())
                    .contains("table public.\"INVOICE\"", "on table leat_internal.outbox");
            database.run("SELECT leat.detach('public.\"INVOICE\"')");
            Migrations.migrate(database.owner());
        }
    }

    /** What folds or compares regardless of case does so by the database's locale, unless it is told otherwise. */
    @Test
    void noScriptFoldsByTheDatabasesLocale() throws IOException {
        Pattern folds = Pattern.compile(
                "\\b(upper|lower|initcap)\\((?![^)]*COLLATE \"C\")|~\\*|\\bILIKE\\b|\\bcitext\\b|to_char\\([^)]*TM",
                Pattern.CASE_INSENSITIVE);
        try (Stream<Path> scripts = Files.list(Path.of("db", "migration"))) {
            for (Path script : scripts.toList()) {
                List<String> lines = Files.readAllLines(script).stream()
                        .filter(line -> !line.strip().startsWith("--"))
                        .filter(line -> folds.matcher(line).find())
                        .toList();
                assertThat(lines).as(script.toString()).isEmpty();
            }
        }
    }
}
