package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.leat.LeatPoller;
import dev.leat.app.connection.ExitCode;
import dev.leat.localstream.KeptRecord;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A task of DMS with full load and changes: its two files, and what a consumer of its messages has at the end. */
@Tag("postgres")
class DmsStreamTest {

    private static final String MAPPINGS = """
            {"rules": [
              {"rule-type": "selection", "rule-id": "1", "rule-name": "port", "rule-action": "include",
               "object-locator": {"schema-name": "port", "table-name": "%"}},
              {"rule-type": "selection", "rule-id": "2", "rule-name": "no logs", "rule-action": "exclude",
               "object-locator": {"schema-name": "port", "table-name": "%_log"}},
              {"rule-type": "selection", "rule-id": "3", "rule-name": "open berths", "rule-action": "include",
               "object-locator": {"schema-name": "port", "table-name": "berth"},
               "filters": [{"filter-type": "source", "column-name": "depth",
                            "filter-conditions": [{"filter-operator": "gte", "value": "10"}]}]},
              {"rule-type": "transformation", "rule-id": "4", "rule-name": "schema", "rule-target": "schema",
               "object-locator": {"schema-name": "port"}, "rule-action": "rename", "value": "harbour"},
              {"rule-type": "transformation", "rule-id": "5", "rule-name": "prefix", "rule-target": "table",
               "object-locator": {"schema-name": "port", "table-name": "ship"}, "rule-action": "add-prefix", "value": "src_"},
              {"rule-type": "transformation", "rule-id": "6", "rule-name": "name", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "ship", "column-name": "name"},
               "rule-action": "rename", "value": "title"},
              {"rule-type": "transformation", "rule-id": "7", "rule-name": "secret", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "ship", "column-name": "radio"},
               "rule-action": "data-masking-digits-mask", "value": "x"},
              {"rule-type": "transformation", "rule-id": "8", "rule-name": "flag", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "ship"}, "rule-action": "add-column", "value": "gone",
               "expression": "CASE WHEN $AR_H_OPERATION = 'DELETE' THEN TRUE ELSE FALSE END", "data-type": {"type": "boolean"}},
              {"rule-type": "transformation", "rule-id": "9", "rule-name": "position", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "ship"}, "rule-action": "add-column", "value": "place",
               "expression": "$AR_H_STREAM_POSITION", "data-type": {"type": "string", "length": 50}},
              {"rule-type": "transformation", "rule-id": "10", "rule-name": "text", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "berth", "column-name": "depth"},
               "rule-action": "change-data-type", "data-type": {"type": "string", "length": "10", "scale": ""}},
              {"rule-type": "transformation", "rule-id": "11", "rule-name": "before", "rule-target": "column",
               "object-locator": {"schema-name": "port", "table-name": "berth"}, "rule-action": "add-before-image-columns",
               "before-image-def": {"column-prefix": "BI_", "column-suffix": "", "column-filter": "pk-only"}}
            ]}""";

    private static final String SETTINGS = """
            {"MessageFormat": "json-unformatted", "IncludePartitionValue": true, "IncludeNullAndEmpty": false,
             "StreamArn": "arn:aws:kinesis:eu-central-1:123456789012:stream/old"}""";

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestStream stream = new TestStream(2);

    private final CliRun cli = CliRun.on(database);

    @TempDir
    private Path directory;

    @Test
    void aConsumerOfDmsHasWhatTheFilesAskFor() throws Exception {
        database.run(
                "CREATE SCHEMA port; CREATE TABLE port.ship (id int PRIMARY KEY, name text, radio text, built timestamp);"
                        + " CREATE TABLE port.berth (id int PRIMARY KEY, depth int); CREATE TABLE port.ship_log (id int PRIMARY KEY);"
                        + " CREATE TABLE public.other (id int PRIMARY KEY)");
        database.run("INSERT INTO port.ship VALUES (1, 'Ada', 'K12', '2020-01-02 03:04:05'), (2, '', NULL, NULL);"
                + " INSERT INTO port.berth VALUES (1, 9), (2, 10), (3, 11)");
        Path mappings = Files.writeString(directory.resolve("table-mappings.json"), MAPPINGS);
        Path settings = Files.writeString(directory.resolve("kinesis-settings.json"), SETTINGS);

        CliRun.Result attached = cli.leat(
                "attach",
                "--dms-mappings",
                mappings.toString(),
                "--dms-settings",
                settings.toString(),
                "--dms-migration-type",
                "full-load-and-cdc");
        assertThat(attached.exitCode()).as(attached.toString()).isEqualTo(ExitCode.DONE);
        assertThat(attached.err()).contains("StreamArn has no effect and is ignored");
        assertThat(database.rows("SELECT relation::text FROM leat.attached() ORDER BY 1"))
                .extracting(row -> row.get(0))
                .containsExactly("port.berth", "port.ship");
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .build()) {
            poller.start();
            Await.until(
                    "the load is finished",
                    Duration.ofSeconds(60),
                    () -> "2".equals(database.value("SELECT count(*) FROM leat_poller.load WHERE state = 'finished'")));
            database.run(
                    "INSERT INTO port.ship VALUES (3, 'Eve', 'X9', NULL); UPDATE port.ship SET name = 'Bob' WHERE id = 2;"
                            + " DELETE FROM port.ship WHERE id = 1; INSERT INTO port.ship_log VALUES (1)");
            database.run("UPDATE port.berth SET depth = 12 WHERE id = 1; UPDATE port.berth SET depth = 2 WHERE id = 2;"
                    + " UPDATE port.berth SET id = 4 WHERE id = 3");
            database.awaitEmptyOutbox(Duration.ofSeconds(60));
        }
        assertThat(replayed())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "harbour.src_ship 2", "{\"id\":2,\"title\":\"Bob\",\"gone\":false}",
                        "harbour.src_ship 3", "{\"id\":3,\"title\":\"Eve\",\"radio\":\"Xx\",\"gone\":false}",
                        "harbour.berth 1", "{\"id\":1,\"depth\":\"12\"}",
                        "harbour.berth 4", "{\"id\":4,\"depth\":\"11\",\"BI_id\":3}"));
        assertThat(stream.texts())
                .anySatisfy(text -> assertThat(text)
                        .contains(
                                "{\"id\":1,\"title\":\"Ada\",\"radio\":\"Kxx\",\"built\":\"2020-01-02T03:04:05Z\",\"gone\":false}")
                        .contains(
                                "\"operation\":\"load\",\"partition-key-type\":\"primary-key\",\"partition-key-value\":\"1\"")
                        .endsWith("}}\n"))
                .anySatisfy(text -> assertThat(text)
                        .containsPattern("\\{\"id\":1,\"gone\":true,\"place\":\"[0-9A-F]+/[0-9A-F]+\"},\"metadata\"")
                        .contains("\"operation\":\"delete\""));
    }

    private static final String OBJECT_MAPPINGS = """
            {"rules": [
              {"rule-type": "selection", "rule-id": "1", "rule-name": "crew", "rule-action": "include",
               "object-locator": {"schema-name": "crew", "table-name": "%"}},
              {"rule-type": "object-mapping", "rule-id": "2", "rule-name": "sailors", "rule-action": "map-record-to-record",
               "object-locator": {"schema-name": "crew", "table-name": "sailor"},
               "mapping-parameters": {"partition-key-type": "attribute-name", "partition-key-name": "full_name",
                 "exclude-columns": ["given", "family", "phone"],
                 "attribute-mappings": [
                   {"target-attribute-name": "full_name", "attribute-type": "scalar", "attribute-sub-type": "string",
                    "value": "${family}, ${given}"},
                   {"target-attribute-name": "contact", "attribute-type": "document", "attribute-sub-type": "json",
                    "value": {"cabin": {"phone": "${phone}"}}}]}},
              {"rule-type": "object-mapping", "rule-id": "3", "rule-name": "cooks", "rule-action": "map-record-to-document",
               "object-locator": {"schema-name": "crew", "table-name": "cook"},
               "mapping-parameters": {"partition-key": {"value": "galley"}, "exclude-columns": ["given"],
                 "attribute-mappings": [{"attribute-name": "name", "value": "${given}"}]}},
              {"rule-type": "object-mapping", "rule-id": "4", "rule-name": "watches", "rule-action": "map-record-to-record",
               "object-locator": {"schema-name": "crew", "table-name": "watch"},
               "mapping-parameters": {"partition-key-type": "schema-table"}}
            ]}""";

    @Test
    void objectMappingsGiveTheRecordsAndThePartitionKeysOfDms() throws Exception {
        database.run("CREATE SCHEMA crew;"
                + " CREATE TABLE crew.sailor (id int PRIMARY KEY, given text, family text, phone text, born date);"
                + " CREATE TABLE crew.cook (id int PRIMARY KEY, given text);"
                + " CREATE TABLE crew.watch (id int PRIMARY KEY)");
        database.run("INSERT INTO crew.sailor VALUES (1, 'Ada', 'Roe', 'K1', '2001-02-03')");
        Path mappings = Files.writeString(directory.resolve("table-mappings.json"), OBJECT_MAPPINGS);
        Path settings = Files.writeString(directory.resolve("kinesis-settings.json"), SETTINGS);
        CliRun.Result attached =
                cli.leat("attach", "--dms-mappings", mappings.toString(), "--dms-settings", settings.toString());
        assertThat(attached.exitCode()).as(attached.toString()).isEqualTo(ExitCode.DONE);
        assertThat(cli.leat("load", "crew.sailor").exitCode()).isEqualTo(ExitCode.DONE);
        try (LeatPoller poller = LeatPoller.builder(database.owner(), stream.client(), TestStream.NAME)
                .build()) {
            poller.start();
            Await.until(
                    "the load is finished",
                    Duration.ofSeconds(60),
                    () -> "1".equals(database.value("SELECT count(*) FROM leat_poller.load WHERE state = 'finished'")));
            for (int i = 1; i <= 20; i++) {
                database.run("INSERT INTO crew.watch VALUES (" + i + "); INSERT INTO crew.cook VALUES (" + i + ", 'c"
                        + i + "')");
            }
            database.run(
                    "UPDATE crew.sailor SET born = NULL; UPDATE crew.sailor SET family = 'Poe'; DELETE FROM crew.sailor");
            database.awaitEmptyOutbox(Duration.ofSeconds(60));
        }
        assertThat(sent("Roe, Ada"))
                .containsExactly(
                        "load {\"id\":1,\"born\":\"2001-02-03\",\"full_name\":\"Roe, Ada\",\"contact\":{\"cabin\":{\"phone\":\"K1\"}}}"
                                + " attribute-name Roe, Ada",
                        "update {\"id\":1,\"full_name\":\"Roe, Ada\",\"contact\":{\"cabin\":{\"phone\":\"K1\"}}} attribute-name Roe, Ada",
                        "delete {\"id\":1} attribute-name Roe, Ada");
        assertThat(sent("Poe, Ada")).hasSize(2).last().asString().startsWith("delete {\"id\":1}");
        assertThat(sent("galley"))
                .hasSize(20)
                .first()
                .isEqualTo("insert {\"_doc\":{\"id\":1},\"name\":\"c1\"} constant galley");
        assertThat(sent("galley").get(19)).startsWith("insert {\"_doc\":{\"id\":20}");
        assertThat(sent("crew.watch")).hasSize(20).last().isEqualTo("insert {\"id\":20} schema-table ");
    }

    /** The data records under a partition key, by order of arrival: operation, data, and what the key is. */
    private List<String> sent(String partitionKey) throws Exception {
        List<String> messages = new ArrayList<>();
        for (KeptRecord kept : stream.local().records(TestStream.NAME)) {
            if (kept.partitionKey().equals(partitionKey)) {
                JsonNode message = new ObjectMapper().readTree(kept.data());
                messages.add(message.at("/metadata/operation").asText() + " " + message.at("/data") + " "
                        + message.at("/metadata/partition-key-type").asText() + " "
                        + message.at("/metadata/partition-key-value").asText());
            }
        }
        return messages;
    }

    /** The rows that a consumer has who applies the messages in their order. */
    private Map<String, String> replayed() throws Exception {
        Map<String, String> rows = new TreeMap<>();
        for (String text : stream.texts()) {
            JsonNode message = new ObjectMapper().readTree(text);
            String row = message.at("/metadata/schema-name").asText() + "."
                    + message.at("/metadata/table-name").asText() + " "
                    + message.at("/data/id").asText();
            if (message.at("/metadata/operation").asText().equals("delete")) {
                rows.remove(row);
            } else {
                // Where in the log a change is differs from run to run.
                rows.put(
                        row, ((ObjectNode) message.at("/data")).without("place").toString());
            }
        }
        return rows;
    }
}
