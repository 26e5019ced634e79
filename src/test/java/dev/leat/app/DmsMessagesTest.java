package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.LeatPoller;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Messages as AWS DMS writes them, beside what Leat sends for the same change: field by field, and byte by byte where nothing differs. Each
 * difference is a row of the table in {@code docs/dms-format.md}.
 */
@Tag("postgres")
class DmsMessagesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Path PAGE = Path.of("docs", "dms-format.md");
    private static final String KEY_OF_A_CHANGE = "partition key of a change";

    /**
     * A change, and the message of DMS for it.
     *
     * @param columns of the table, which has the case's name
     * @param rows the values of a row that is loaded
     * @param change an SQL statement; empty: the row is loaded
     * @param operation of Leat's message
     * @param differs the fields that differ, each with the beginning of its row in the page
     */
    private record Case(
            String name,
            String format,
            String columns,
            String rows,
            String change,
            String operation,
            String dms,
            Map<String, String> differs) {}

    private static final List<Case> CASES = List.of(
            new Case(
                    "moorings",
                    "dms",
                    "id int PRIMARY KEY, code varchar(20), since date, berth int, used_at timestamp, used_by varchar(9)",
                    "(7, 'QUAY', '2021-09-26', 900, '2021-08-19 11:20:47', 'pilot')",
                    "",
                    "load",
                    """
                    {
                    \t"data":\t{
                    \t\t"id":\t7,
                    \t\t"code":\t"QUAY",
                    \t\t"since":\t"2021-09-26",
                    \t\t"berth":\t900,
                    \t\t"used_at":\t"2021-08-19T11:20:47Z",
                    \t\t"used_by":\t"pilot"
                    \t},
                    \t"metadata":\t{
                    \t\t"timestamp":\t"2023-06-05T20:12:38.161269Z",
                    \t\t"record-type":\t"data",
                    \t\t"operation":\t"load",
                    \t\t"partition-key-type":\t"primary-key",
                    \t\t"schema-name":\t"public",
                    \t\t"table-name":\t"moorings"
                    \t}
                    }""",
                    Map.of()),
            new Case(
                    "notices",
                    "dms",
                    "sailor int PRIMARY KEY, topic int, mail int",
                    "(15, 12, 1)",
                    "UPDATE notices SET mail = 0",
                    "update",
                    """
                    {
                    \t"data":\t{
                    \t\t"sailor":\t15,
                    \t\t"topic":\t12,
                    \t\t"mail":\t0
                    \t},
                    \t"metadata":\t{
                    \t\t"timestamp":\t"2022-11-24T19:29:56.824718Z",
                    \t\t"record-type":\t"data",
                    \t\t"operation":\t"update",
                    \t\t"partition-key-type":\t"schema-table",
                    \t\t"schema-name":\t"public",
                    \t\t"table-name":\t"notices",
                    \t\t"transaction-id":\t12884914697
                    \t}
                    }""",
                    Map.of("/metadata/partition-key-type", KEY_OF_A_CHANGE)),
            new Case(
                    "berths",
                    "dms:json-unformatted",
                    "id int PRIMARY KEY, zone varchar(30), at timestamp",
                    "(3, 'x', '2022-01-11 11:43:31')",
                    "UPDATE berths SET zone = 'America/New_York'",
                    "update",
                    "{\"data\":{\"id\":3,\"zone\":\"America/New_York\",\"at\":\"2022-01-11T11:43:31Z\"},\"metadata\":{\"timestamp\":\"2023-04-17T17:33:17.427562Z\",\"record-type\":\"data\",\"operation\":\"update\",\"partition-key-type\":\"schema-table\",\"schema-name\":\"public\",\"table-name\":\"berths\",\"transaction-id\":806749481298409}}\n",
                    Map.of("/metadata/partition-key-type", KEY_OF_A_CHANGE)),
            new Case(
                    "crew",
                    "dms",
                    "\"ID\" int PRIMARY KEY, name text",
                    "(3, 'Ada')",
                    "DELETE FROM crew",
                    "delete",
                    """
                    {
                    \t"data":\t{
                    \t\t"ID":\t3
                    \t},
                    \t"metadata":\t{
                    \t\t"timestamp":\t"2021-01-08T18:59:26.918570Z",
                    \t\t"record-type":\t"data",
                    \t\t"operation":\t"delete",
                    \t\t"partition-key-type":\t"schema-table",
                    \t\t"schema-name":\t"public",
                    \t\t"table-name":\t"crew",
                    \t\t"transaction-id":\t15899
                    \t}
                    }""",
                    Map.of("/metadata/partition-key-type", KEY_OF_A_CHANGE)),
            new Case(
                    "measures",
                    "dms:json-unformatted",
                    "id int PRIMARY KEY, code char(5), on_quay boolean, tiny smallint, big bigint, draft real, depth float8, at timestamp,"
                            + " seen timestamptz, stay interval, back interval",
                    "(1, 'B', true, 2, 20, 2.2, 20.2, '2010-11-01 00:02:00.1', '2017-05-29 13:01:31.000401+02', '1 day 04:00', '-1 days -01:42:30')",
                    "",
                    "load",
                    "{\"data\":{\"id\":1,\"code\":\"B\",\"on_quay\":true,\"tiny\":2,\"big\":20,\"draft\":2.20000005,\"depth\":20.2,\"at\":\"2010-11-01T00:02:00.100000Z\",\"seen\":\"2017-05-29T11:01:31.000401Z\",\"stay\":\"1 day 04:00:00\",\"back\":\"-1 days -01:42:30\"},\"metadata\":{\"timestamp\":\"2025-06-21T12:06:49.583216Z\",\"record-type\":\"data\",\"operation\":\"load\",\"partition-key-type\":\"primary-key\",\"schema-name\":\"public\",\"table-name\":\"measures\"}}\n",
                    Map.of("/data/draft", "real")),
            new Case(
                    "buoys",
                    "dms:json-unformatted:null-and-empty:partition-value:partition-include-schema-table",
                    "id int PRIMARY KEY, name text, age int, attributes jsonb",
                    "(393, 'Test', 4, NULL)",
                    "",
                    "load",
                    "{\"data\":{\"id\":393,\"name\":\"Test\",\"age\":4,\"attributes\":null},\"metadata\":{\"timestamp\":\"2025-06-10T11:28:47.326434Z\",\"record-type\":\"data\",\"operation\":\"load\",\"partition-key-type\":\"primary-key\",\"partition-key-value\":\"public.buoys.393\",\"schema-name\":\"public\",\"table-name\":\"buoys\"}}\n",
                    Map.of()),
            new Case(
                    "pilots",
                    "dms:json-unformatted:transaction-details",
                    "id int PRIMARY KEY, name text, attributes jsonb",
                    "",
                    "INSERT INTO pilots VALUES (46, 'Jane', '{\"baz\": \"qux\"}')",
                    "insert",
                    "{\"data\":{\"id\":46,\"name\":\"Jane\",\"attributes\":\"{\\\"baz\\\": \\\"qux\\\"}\"},\"metadata\":{\"timestamp\":\"2024-07-29T00:58:17.983670Z\",\"record-type\":\"data\",\"operation\":\"insert\",\"partition-key-type\":\"schema-table\",\"schema-name\":\"public\",\"table-name\":\"pilots\",\"transaction-id\":1139,\"transaction-record-id\":1,\"prev-transaction-id\":1137,\"prev-transaction-record-id\":1,\"commit-timestamp\":\"2024-07-29T00:58:17.974340Z\",\"stream-position\":\"00000002/7C007178.3.00000002/7C007178\"}}\n",
                    Map.of(
                            "/metadata/partition-key-type", KEY_OF_A_CHANGE,
                            "/metadata/prev-transaction-id", "`prev-transaction-id`",
                            "/metadata/prev-transaction-record-id", "`prev-transaction-id`",
                            "/metadata/stream-position", "`stream-position`")),
            new Case(
                    "lights",
                    "dms:json-unformatted:before-image=before-image",
                    "id int PRIMARY KEY, name text",
                    "(46, 'Jane')",
                    "UPDATE lights SET id = 45",
                    "insert",
                    "{\"data\":{\"id\":45,\"name\":\"Jane\"},\"before-image\":{\"id\":46},\"metadata\":{\"timestamp\":\"2024-07-29T00:59:07.686557Z\",\"record-type\":\"data\",\"operation\":\"update\",\"partition-key-type\":\"schema-table\",\"schema-name\":\"public\",\"table-name\":\"lights\",\"transaction-id\":1141}}\n",
                    Map.of(
                            "/metadata/partition-key-type", KEY_OF_A_CHANGE,
                            "/metadata/operation", "a change of the primary key",
                            "/before-image/id", "a change of the primary key")),
            new Case(
                    "wrecks",
                    "dms:json-unformatted:null-and-empty",
                    "id int PRIMARY KEY, name text, age int",
                    "(45, 'Jane', 31)",
                    "DELETE FROM wrecks",
                    "delete",
                    "{\"data\":{\"id\":45,\"name\":null,\"age\":null},\"metadata\":{\"timestamp\":\"2024-07-29T01:09:25.375525Z\",\"record-type\":\"data\",\"operation\":\"delete\",\"partition-key-type\":\"schema-table\",\"schema-name\":\"public\",\"table-name\":\"wrecks\",\"transaction-id\":1144}}\n",
                    Map.of("/metadata/partition-key-type", KEY_OF_A_CHANGE)));

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    @Test
    void eachFieldIsThatOfDmsOrTheDifferenceIsInThePage() throws Exception {
        for (Case one : CASES) {
            database.run("CREATE TABLE public." + one.name + " (" + one.columns + ")");
            if (!one.rows.isEmpty()) {
                database.run("INSERT INTO public." + one.name + " VALUES " + one.rows);
            }
            database.run("SELECT leat.attach('public." + one.name + "', format => '" + one.format + "')");
            database.run(one.change.isEmpty() ? "SELECT leat.load('public." + one.name + "')" : one.change);
        }
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .build()) {
            poller.start();
            Await.until(
                    "the loads to end",
                    PATIENCE,
                    () -> "0"
                            .equals(database.value("SELECT count(*) FROM leat_poller.load WHERE state <> 'finished'")));
            database.awaitEmptyOutbox(PATIENCE);
        }
        List<String> page = Files.readAllLines(PAGE);
        for (Case one : CASES) {
            String text = stream.texts().stream()
                    .filter(each -> each.replaceAll("\\s", "").contains("\"table-name\":\"" + one.name + "\"")
                            && each.replaceAll("\\s", "").contains("\"operation\":\"" + one.operation + "\""))
                    .findFirst()
                    .orElseThrow();
            Map<String, String> differs = new TreeMap<>();
            Map<String, String> wanted = fields(one.dms);
            Map<String, String> given = fields(text);
            wanted.forEach((field, value) -> {
                if (!value.equals(given.get(field))) {
                    differs.put(field, value + " -> " + given.get(field));
                }
            });
            given.forEach((field, value) -> {
                if (!wanted.containsKey(field)) {
                    differs.put(field, "none -> " + value);
                }
            });
            assertThat(differs.keySet()).as(one.name + " " + differs).isEqualTo(new TreeMap<>(one.differs).keySet());
            one.differs.values().forEach(row -> assertThat(page).anyMatch(line -> line.startsWith("| " + row)));
            assertThat(given.keySet().stream().filter(wanted::containsKey))
                    .as("the order of " + one.name)
                    .containsExactlyElementsOf(
                            wanted.keySet().stream().filter(given::containsKey).toList());
            if (one.differs
                            .keySet()
                            .equals(Map.of("/metadata/partition-key-type", "").keySet())
                    || one.differs.isEmpty()) {
                assertThat(masked(text)).isEqualTo(masked(one.dms.replace("schema-table", "primary-key")));
            }
        }
    }

    /** The fields in their order, each with its kind and its value; of what differs with each run, its form. */
    private static Map<String, String> fields(String message) throws Exception {
        Map<String, String> fields = new LinkedHashMap<>();
        collect("", new ObjectMapper().readTree(masked(message)), fields);
        return fields;
    }

    private static void collect(String path, JsonNode node, Map<String, String> fields) {
        if (node.isObject()) {
            node.properties().forEach(each -> collect(path + "/" + each.getKey(), each.getValue(), fields));
        } else {
            fields.put(path, node.toString());
        }
    }

    private static String masked(String message) {
        return message.replaceAll("(\"(?:commit-)?timestamp\":\\s*\")[0-9-]{10}T[0-9:]{8}[.][0-9]{6}Z\"", "$1time\"")
                .replaceAll("(\"transaction-(?:record-)?id\":\\s*)[0-9]+", "$10");
    }
}
