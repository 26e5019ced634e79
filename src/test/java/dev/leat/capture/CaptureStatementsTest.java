package dev.leat.capture;

import dev.leat.testkit.KeptText;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/capture.md shows the very functions and triggers that a database administrator finds on an attached table. */
@Tag("postgres")
class CaptureStatementsTest extends CaptureFixture {

    private static final Path PAGE = Path.of("docs", "capture.md");

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void thePageShowsTheFunctionBehindTheTrigger(String capture) throws IOException {
        attach(capture);
        KeptText.assertSql(PAGE, "function by the " + capture, withoutOids("""
                SELECT pg_get_functiondef(p.oid) FROM pg_proc p
                WHERE p.pronamespace = 'leat_internal'::regnamespace AND p.proname = 'capture_1'"""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"row", "statement"})
    void thePageShowsTheTriggers(String capture) throws IOException {
        attach(capture);
        KeptText.assertSql(PAGE, "triggers by the " + capture, withoutOids("""
                SELECT string_agg(pg_get_triggerdef(t.oid, true) || ';', E'\\n' ORDER BY t.tgname) FROM pg_trigger t
                WHERE t.tgrelid = 'public.orders'::regclass AND NOT t.tgisinternal"""));
    }

    @Test
    void thePageShowsTheTable() throws IOException {
        KeptText.assertSql(PAGE, "table", TABLE);
    }

    private static final String TABLE = """
            CREATE TABLE public.orders (
                id     bigint PRIMARY KEY,
                state  text NOT NULL,
                amount numeric
            );
            """;

    private void attach(String capture) {
        run(TABLE + "SELECT leat.attach('public.orders', capture => '" + capture + "')");
    }

    /** The oids of the table and of its primary key differ from database to database. */
    private String withoutOids(String query) {
        return String.valueOf(database.value(query))
                .replace(oid("'public.orders'::regclass"), "16400")
                .replace(oid("(SELECT oid FROM pg_constraint WHERE conname = 'orders_pkey')"), "16405");
    }

    private String oid(String expression) {
        return String.valueOf(database.value("SELECT (" + expression + ")::oid::bigint"));
    }
}
