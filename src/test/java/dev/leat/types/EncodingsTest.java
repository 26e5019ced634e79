package dev.leat.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.schema.Migrations;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Databases whose encoding is not UTF-8, with texts that UTF-8 cannot represent. */
@Tag("postgres")
class EncodingsTest {

    private static TestDatabase database(String encoding) {
        TestDatabase database = TestServer.shared().emptyDatabase(encoding);
        Migrations.migrate(database.owner());
        return database;
    }

    /** SQL for a text of one byte that has no form in UTF-8. */
    private static String undecodable(String encoding) {
        return "convert_from('\\x81', '" + encoding + "')";
    }

    @Test
    void latin1IsConverted() throws SQLException {
        try (TestDatabase database = database("LATIN1");
                Changes changes = new Changes(database)) {
            database.run(
                    "CREATE TABLE public.\"té\" (\"ké\" text PRIMARY KEY, v text); SELECT leat.attach('public.\"té\"');"
                            + " INSERT INTO public.\"té\" VALUES ('é', 'ü')");

            Received record = changes.next(1).get(0);

            assertThat(record.partitionKey()).isEqualTo("public.\"té\".é");
            assertThat(record.text())
                    .startsWith(Received.beginning("null", "{\"ké\":\"é\",\"v\":\"ü\"}", "{\"ké\":\"é\"}"));
        }
    }

    static Stream<String> encodings() {
        return Extent.some(1, List.of("SQL_ASCII", "WIN1252")).stream();
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void aRowWithoutAFormInUtf8GoesToQuarantineAndOthersGoOn(String encoding) throws SQLException {
        try (TestDatabase database = database(encoding);
                Changes changes = new Changes(database)) {
            database.run("CREATE TABLE public.t (id int PRIMARY KEY, v text); SELECT leat.attach('public.t')");

            database.run("INSERT INTO public.t VALUES (1, 'a' || " + undecodable(encoding) + "), (2, 'sound')");
            assertThat(changes.nextRefusal()).contains("no form in UTF-8").contains("0x81");
            database.run("UPDATE public.t SET v = 'new' WHERE id = 2");

            assertThat(changes.next(2))
                    .extracting(Received::text)
                    .satisfiesExactly(
                            first -> assertThat(first)
                                    .startsWith(Received.beginning("null", "{\"id\":2,\"v\":\"sound\"}", "{\"id\":2}")),
                            second -> assertThat(second)
                                    .startsWith(Received.beginning(
                                            "{\"id\":2,\"v\":\"sound\"}", "{\"id\":2,\"v\":\"new\"}", "{\"id\":2}")));
            assertThat(database.value("SELECT partition_key FROM leat_internal.quarantine WHERE state = 'quarantined'"))
                    .isEqualTo("public.t.1");
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    @Tag("full")
    void namesAndContextsWithoutAFormInUtf8AreEscaped(String encoding) throws SQLException {
        try (TestDatabase database = database(encoding);
                Changes changes = new Changes(database)) {
            database.run("DO $do$ BEGIN"
                    + " EXECUTE format('CREATE TABLE public.%I (id int PRIMARY KEY)', 't' || " + undecodable(encoding)
                    + ");"
                    + " PERFORM leat.attach(format('public.%I', 't' || " + undecodable(encoding) + ")::regclass);"
                    + " PERFORM set_config('leat.context', " + undecodable(encoding) + ", true);"
                    + " EXECUTE format('INSERT INTO public.%I VALUES (1)', 't' || " + undecodable(encoding) + ");"
                    + " END $do$");

            Received record = changes.next(1).get(0);

            assertThat(record.partitionKey()).isEqualTo("public.\"t\\201\".1");
            assertThat(record.json().get("source").get("table").textValue()).isEqualTo("t\\201");
            assertThat(record.json().get("source").get("context").textValue()).isEqualTo("\\201");
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    @Tag("full")
    void aDomainEventWithoutAFormInUtf8IsAnErrorOfItsWriter(String encoding) {
        try (TestDatabase database = database(encoding)) {
            assertThatThrownBy(() ->
                            database.run("SELECT leat.publish('key', 'Type', to_json(" + undecodable(encoding) + "))"))
                    .hasMessageContaining("0x81");
        }
    }
}
