package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.leat.observe.Printable;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command prints texts that others have chosen so that they cannot control the terminal or begin a new line. */
@Tag("postgres")
class HostileTextTest {

    private static final String HOSTILE = "x\nleat: forged\r\u001b[2J\u009b\u007f\u202e\u2028";
    private static final String TABLE = "\"" + HOSTILE + "\"";

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database);

    @TempDir
    private Path directory;

    @BeforeEach
    void hostileNames() throws SQLException {
        database.run("CREATE TABLE " + TABLE + " (id text PRIMARY KEY, " + TABLE + " text);"
                + "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                + "CREATE TRIGGER " + TABLE + " AFTER INSERT ON " + TABLE
                + " FOR EACH ROW EXECUTE FUNCTION touch()");
        try (Connection connection = database.owner().getConnection();
                PreparedStatement insert = connection.prepareStatement("""
                        INSERT INTO leat_internal.quarantine (id, lane, op, held, may_pass, captured_at, xid, schema_name, table_name,
                                                     type, partition_key, db_user, state, reason)
                        OVERRIDING SYSTEM VALUE
                        SELECT n, leat_internal.lane_of(h), 'c', false, false, now(), 1, h, CASE n WHEN 1 THEN h END,
                               CASE n WHEN 2 THEN h END, h || n, h, 'quarantined', h
                        FROM (SELECT ?::text) x (h), generate_series(1, 2) n
                        """)) {
            insert.setString(1, HOSTILE);
            insert.executeUpdate();
        }
    }

    /** Runs it as it is and with {@code --debug}, and gives back the first. */
    private CliRun.Result assertTame(String... arguments) {
        CliRun.Result plain = cli.leat(arguments);
        String[] debugged =
                Stream.concat(Arrays.stream(arguments), Stream.of("--debug")).toArray(String[]::new);
        for (CliRun.Result result : List.of(plain, cli.leat(debugged))) {
            String all = result.out() + result.err();
            assertThat(all).as(String.join(" ", arguments)).isEqualTo(Printable.lines(all));
            assertThat(all.lines()).as(String.join(" ", arguments)).noneMatch(line -> line.startsWith("leat: forged"));
        }
        return plain;
    }

    private void assertShown(String... arguments) {
        CliRun.Result shown = assertTame(arguments);
        assertThat(shown.out() + shown.err())
                .as(String.join(" ", arguments))
                .contains("leat: forged\\r\\u001b[2J\\u009b\\u007f\\u202e\\u2028");
    }

    @Test
    void namesOfTheDatabaseAreShownTame() {
        assertShown("attach", "public." + TABLE);
        assertShown("status");
        assertTame("doctor", "--no-streams");
        assertTame("attach", "public." + TABLE, "--key", HOSTILE);
        assertTame("attach", "public." + TABLE, "--key", "absent");
        assertTame("attach", "public." + TABLE, "--stream", HOSTILE);
        assertShown("detach", "public." + TABLE);
        assertTame("detach", "public." + TABLE);
    }

    @Test
    void eventsInQuarantineAreShownTame() {
        assertShown("quarantine", "list");
        assertTame("quarantine", "list", "--key", HOSTILE);
        assertTame("quarantine", "retry", "--key", HOSTILE + "1");
        assertTame("quarantine", "discard", "1", "99");
    }

    @Test
    void jsonKeepsItsMeaning() throws IOException {
        cli.leat("attach", "public." + TABLE);

        assertThat(texts(assertTame("status", "--json").out())).contains(HOSTILE);
        assertThat(texts(assertTame("quarantine", "list", "--json").out()))
                .contains(HOSTILE, HOSTILE + "1", HOSTILE + "2");
    }

    private static List<String> texts(String json) throws IOException {
        List<String> texts = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken() == JsonToken.VALUE_STRING) {
                    texts.add(parser.getText());
                }
            }
        }
        return texts;
    }

    @Test
    void whatIsTypedInIsAnsweredTame() throws IOException {
        assertTame(HOSTILE);
        assertTame("migrate", HOSTILE);
        assertTame("attach", HOSTILE);
        assertTame("attach", "public." + TABLE, "--capture", HOSTILE);
        assertTame("detach", HOSTILE);
        assertTame("quarantine", "retry", HOSTILE);
        assertTame("quarantine", "list", "--state", HOSTILE);
        assertTame(
                "run",
                "--stream",
                HOSTILE,
                "--aggregation",
                HOSTILE,
                "--retain",
                HOSTILE,
                "--max-record-size",
                HOSTILE);
        assertTame("doctor", "--no-streams", "--database-username", HOSTILE);
        assertTame("status", "--database-url", database.url() + HOSTILE);
        assertTame("attach", "--file", "absent" + HOSTILE);
        Path file = directory.resolve("tables.yaml");
        for (String text : List.of(
                "tables:\n  \"x\\nleat: forged\\e[2J\":\n    \"\\e]0;x\\a\": 1\n",
                "tables:\n  \"x\\nleat: forged\\e[2J\\N\\P\":\n",
                "\u001b[2J: [")) {
            assertTame("attach", "--file", Files.writeString(file, text).toString());
        }
    }
}
