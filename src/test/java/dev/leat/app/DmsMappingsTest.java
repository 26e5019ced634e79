package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.app.connection.ExitCode;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code leat attach --dms-mappings}, against a database. */
@Tag("postgres")
class DmsMappingsTest {

    private static final String ALL_OF_SHOP = selection(1, "include", "shop", "%");

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database);

    @TempDir
    private Path directory;

    @BeforeEach
    void tables() {
        database.run("CREATE SCHEMA shop;"
                + "CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer_id bigint, card text, total numeric(10,2));"
                + "CREATE TABLE shop.\"Items\" (id bigint PRIMARY KEY, \"Name\" text);"
                + "CREATE TABLE shop.log (at timestamptz, line text);"
                + "CREATE TABLE shop.parted (id int PRIMARY KEY) PARTITION BY RANGE (id);"
                + "CREATE TABLE shop.parted_1 PARTITION OF shop.parted FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);"
                + "CREATE TABLE shop.parted_1_1 PARTITION OF shop.parted_1 FOR VALUES FROM (0) TO (9);"
                + "CREATE VIEW shop.open_orders AS SELECT id FROM shop.orders;"
                + "CREATE TABLE other (id int PRIMARY KEY)");
    }

    private static String rule(int id, String type, String schema, String table, String rest) {
        return "{\"rule-type\": \"" + type + "\", \"rule-id\": \"" + id + "\", \"rule-name\": \"r" + id
                + "\", \"object-locator\": {\"schema-name\": \"" + schema + "\", \"table-name\": \"" + table + "\"}, "
                + rest + "}";
    }

    private static String selection(int id, String action, String schema, String table) {
        return rule(id, "selection", schema, table, "\"rule-action\": \"" + action + "\"");
    }

    private static String column(int id, String action, String table, String column, String more) {
        return rule(
                id,
                "transformation",
                "shop",
                table + "\", \"column-name\": \"" + column,
                "\"rule-target\": \"column\", \"rule-action\": \"" + action + "\"" + more);
    }

    private static String key(int id, String table, String parameters) {
        return rule(
                id,
                "object-mapping",
                "shop",
                table,
                "\"rule-action\": \"map-record-to-record\", \"mapping-parameters\": " + parameters);
    }

    private String file(String... rules) throws IOException {
        return Files.writeString(directory.resolve("m.json"), "{\"rules\": [\n" + String.join(",\n", rules) + "]}")
                .toString();
    }

    private String attached() {
        return String.valueOf(
                database.rows("SELECT schema_name || '.' || table_name, key_columns, excluded, masked, without_key"
                        + " FROM leat.attached() ORDER BY 1"));
    }

    /** All that attaching writes. */
    private List<List<String>> traces() {
        return database.rows("SELECT 't', tgname::text, tgrelid::text FROM pg_trigger WHERE tgname LIKE '!leat%'"
                + " UNION ALL SELECT 'f', proname, '' FROM pg_proc WHERE proname LIKE 'capture\\_%'"
                + " UNION ALL SELECT 'a', attachment::text, '' FROM leat_internal.attachment ORDER BY 1, 2, 3");
    }

    @Test
    void selectedTablesAreAttachedByTheRulesOfTheFile() throws IOException {
        String file = file(
                ALL_OF_SHOP,
                selection(2, "exclude", "shop", "part%"),
                column(3, "remove-column", "orders", "card", ""),
                column(4, "include-column", "Items", "id", ""),
                key(5, "orders", "{\"partition-key-name\": \"${customer_id}\", \"exclude-columns\": [\"TOTAL\"]}"),
                key(6, "log", "{\"partition-key-type\": \"schema-table\"}"));
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file);
        assertThat(result.out().lines())
                .containsExactly("shop.\"Items\": attached", "shop.log: attached", "shop.orders: attached");
        assertThat(result.exitCode()).isZero();
        assertThat(attached())
                .isEqualTo("[[shop.Items, {id}, {Name}, {}, null], [shop.log, {}, {}, {}, null],"
                        + " [shop.orders, {customer_id}, {card,total}, {}, null]]");
        database.run("INSERT INTO shop.orders VALUES (1, 7, 'secret', 3)");
        assertThat(database.rows("SELECT partition_key, after FROM leat_internal.outbox"))
                .containsExactly(List.of("shop.orders(customer_id).7", "{\"id\":1,\"customer_id\":7}"));

        assertThat(cli.leat("attach", "--dms-mappings", file).out().lines())
                .containsExactly("shop.\"Items\": unchanged", "shop.log: unchanged", "shop.orders: unchanged");
    }

    @Test
    void aDryRunShowsWhoDecidedAndChangesNothing() throws IOException {
        String file = file(
                ALL_OF_SHOP, selection(2, "exclude", "shop", "log"), column(3, "remove-column", "orders", "card", ""));
        List<List<String>> before = traces();
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file, "--dry-run");
        assertThat(result.exitCode()).isZero();
        assertThat(result.out().lines().map(line -> line.replaceAll(" {2,}", "|")))
                .containsExactly(
                        "table|of it|what happens|decided by",
                        "public.other|table|not selected|no rule",
                        "shop.Items|table|attached|selection rule 1 (r1)",
                        "shop.Items|partition key|the primary key (id)|no rule",
                        "shop.log|table|not selected|selection rule 2 (r2)",
                        "shop.open_orders|view|not selected|no rule",
                        "shop.orders|table|attached|selection rule 1 (r1)",
                        "shop.orders|partition key|the primary key (id)|no rule",
                        "shop.orders|column card|removed|transformation rule 3 (r3)",
                        "shop.parted|table|attached|selection rule 1 (r1)",
                        "shop.parted|partition key|the primary key (id)|no rule");
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .startsWith("leat: notice: ")
                .contains("DMS takes schema");
        assertThat(traces()).isEqualTo(before);
    }

    @Test
    void aDryRunForAProgramIsJson() throws IOException {
        String file = file(
                ALL_OF_SHOP,
                column(3, "rename", "orders", "total", ", \"value\": \"sum\""),
                column(4, "change-data-type", "orders", "card", ", \"data-type\": {\"type\": \"date\"}"),
                key(5, "orders", "{\"partition-key-name\": \"customer_id\"}"));
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file, "--dry-run", "--json");
        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isEqualTo(ExitCode.NOT_WELL);
        JsonNode plan = new ObjectMapper().readTree(result.out());
        assertThat(plan.get("applicable").asBoolean()).isFalse();
        JsonNode orders = plan.get("tables").get(4);
        assertThat(orders.get("table").asText()).isEqualTo("orders");
        assertThat(orders.get("rule").toString())
                .isEqualTo("{\"type\":\"selection\",\"id\":\"1\",\"name\":\"r1\",\"line\":2}");
        assertThat(orders.get("partition_key").get("columns").toString()).isEqualTo("[\"customer_id\"]");
        assertThat(orders.get("columns").get(3).toString())
                .isEqualTo(
                        "{\"name\":\"total\",\"type\":\"numeric(10,2)\",\"added\":false,\"sent\":true,\"target\":\"sum\","
                                + "\"decisions\":[{\"decision\":\"renamed\",\"text\":\"renamed to sum\",\"rule\":{\"type\":\"transformation\","
                                + "\"id\":\"3\",\"name\":\"r3\",\"line\":3}}]}");
        assertThat(orders.get("unsupported").get(0).get("feature").asText()).isEqualTo("another data type");
        assertThat(plan.get("tables").get(0).get("selected").asBoolean()).isFalse();
        assertThat(attached()).isEqualTo("[]");
    }

    /** By the load order, and not again when the file is applied again. */
    @Test
    void theRowsOfNewTablesAreLoadedWhereTheMigrationTypeSaysSo() throws IOException {
        String file = file(
                "{\"rule-type\": \"selection\", \"rule-id\": 1, \"rule-action\": \"include\", \"object-locator\":"
                        + " {\"schema-name\": \"shop\", \"table-name\": \"orders\"}}",
                "{\"rule-type\": \"selection\", \"rule-id\": 2, \"rule-action\": \"include\", \"load-order\": 2, \"object-locator\":"
                        + " {\"schema-name\": \"shop\", \"table-name\": \"Items\"}}");
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file, "--dms-migration-type", "cdc");
        assertThat(result.exitCode()).as(result.toString()).isZero();
        assertThat(database.value("SELECT count(*) FROM leat_internal.load")).isEqualTo("0");
        database.run("SELECT leat.detach('shop.\"Items\"'), leat.detach('shop.orders')");
        for (int pass = 1; pass <= 2; pass++) {
            result = cli.leat("attach", "--dms-mappings", file, "--dms-migration-type", "full-load-and-cdc");
            assertThat(result.exitCode()).as(result.toString()).isZero();
            assertThat(database.value("SELECT string_agg(table_name, ' ' ORDER BY due_at) FROM leat_internal.load"))
                    .isEqualTo("Items orders");
        }
        database.run(
                "SELECT leat.detach('shop.\"Items\"'), leat.detach('shop.orders'); DELETE FROM leat_internal.load");
        Path tables = Path.of(file).resolveSibling("tables.yaml");
        Files.writeString(
                tables, "dms_mappings: " + Path.of(file).getFileName() + "\ndms_migration_type: full-load-and-cdc\n");
        result = cli.leat("attach", "--file", tables.toString());
        assertThat(result.exitCode()).as(result.toString()).isZero();
        assertThat(database.value("SELECT count(*) FROM leat_internal.load")).isEqualTo("2");
        assertThat(cli.leat("attach", "--file", tables.toString(), "--dms-mappings", file)
                        .err())
                .contains("--dms-mappings excludes a table, --file and --detach-others");
        assertThat(cli.leat("attach", "--dms-mappings", file, "--dms-migration-type", "full-load")
                        .err())
                .contains("captures no changes: take full-load-and-cdc");
        assertThat(cli.leat("attach", "--dms-mappings", file, "--dms-migration-type", "all")
                        .err())
                .contains("--dms-migration-type is \"all\": it is cdc or full-load-and-cdc");
        assertThat(cli.leat("attach", "shop.orders", "--dms-migration-type", "cdc")
                        .err())
                .contains("go with --dms-mappings");
    }

    @Test
    void whatIsNotSupportedRefusesTheFileOrIsSkipped() throws IOException {
        String file = file(
                ALL_OF_SHOP,
                column(13, "change-data-type", "%", "id", ", \"data-type\": {\"type\": \"date\"}"),
                column(4, "remove-column", "orders", "id", ""));
        CliRun.Result refused = cli.leat("attach", "--dms-mappings", file);
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.errLines())
                .hasSize(2)
                .anySatisfy(line -> assertThat(line)
                        .startsWith("leat: " + file
                                + ":3: transformation rule 13 (r13): shop.Items.id: another data type (")
                        .containsPattern("is not supported yet \\(and [0-9] more\\)"))
                .anySatisfy(line -> assertThat(line)
                        .isEqualTo("leat: " + file
                                + ":4: transformation rule 4 (r4): shop.orders.id: leaving out a column of"
                                + " the partition key is not supported yet"));
        assertThat(attached()).isEqualTo("[]");

        CliRun.Result skipped = cli.leat("attach", "--dms-mappings", file, "--skip-unsupported");
        assertThat(skipped.exitCode()).isZero();
        assertThat(skipped.err())
                .contains("leat: skipped: " + file + ":3: transformation rule 13 (r13)", "rule 4 (r4)");
        assertThat(skipped.out().lines())
                .containsExactly(
                        "shop.\"Items\": attached",
                        "shop.log: attached",
                        "shop.parted: attached",
                        "shop.orders: not attached, because more than the file says would leave without what was skipped");
        assertThat(attached()).doesNotContain("orders").contains("shop.parted");
    }

    @Test
    void faultsOfTheFileAndConflictsAreOneLineEach() throws IOException {
        assertLines(
                ExitCode.USAGE,
                file(selection(1, "Include", "shop", "%"), column(2, "mask", "orders", "card", "")),
                "m.json:2: selection rule 1 (r1): rule-action is \"Include\"",
                "m.json:3: transformation rule 2 (r2): rule-action is \"mask\"");
        assertLines(
                ExitCode.REFUSED,
                file(
                        ALL_OF_SHOP,
                        selection(2, "include", "shop", "Orders"),
                        column(3, "remove-column", "orders", "Card", "")),
                "selection rule 2 (r2): no table of this database matches shop.Orders: there is shop.orders",
                "transformation rule 3 (r3): shop.orders has no column \"Card\": it has \"card\", and case counts");
        Files.writeString(directory.resolve("m.json"), "{\"rules\": [{\"rule-type\":");
        assertLines(
                ExitCode.USAGE, directory.resolve("m.json").toString(), "m.json:1: the file ends before its JSON does");
        assertLines(ExitCode.USAGE, directory + "/none.json", "there is no file");
        assertThat(attached()).isEqualTo("[]");
    }

    private void assertLines(int exitCode, String file, String... says) {
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file, "--skip-unsupported");
        assertThat(result.errLines()).as(result.toString()).hasSameSizeAs(says);
        assertThat(result.err()).contains(says).doesNotContain("Exception");
        assertThat(result.exitCode()).isEqualTo(exitCode);
    }

    /** The database declines the last table, which stands behind one that was attached. */
    @Test
    void allTablesAreAttachedOrNone() throws Exception {
        String file = file(ALL_OF_SHOP);
        List<List<String>> before = traces();
        try (Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO shop.orders (id) VALUES (1)");
            CliRun.Result result = cli.leat("attach", "--dms-mappings", file);
            assertThat(result.exitCode()).isEqualTo(ExitCode.REFUSED);
            assertThat(result.err()).contains("is in use by session");
            assertThat(traces()).isEqualTo(before);
            writer.rollback();
        }
        assertThat(cli.leat("attach", "--dms-mappings", file).out().lines()).hasSize(4);
    }

    @Test
    @Tag("full")
    void manyTablesAreAttachedInOneTransaction() throws IOException {
        database.run("DO $$ BEGIN FOR i IN 1..80 LOOP EXECUTE format('CREATE TABLE shop.t_%s (id int PRIMARY KEY)', i);"
                + " END LOOP; END $$");
        CliRun.Result result = cli.leat("attach", "--dms-mappings", file(ALL_OF_SHOP));
        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out().lines()).hasSize(84);
    }

    @Test
    void aTableThatTheFileDoesNotAskForStaysAttachedAndIsNamed() throws IOException {
        cli.leat("attach", "public.other");
        assertThat(cli.leat("attach", "--dms-mappings", file(selection(1, "explicit", "shop", "orders")))
                        .out()
                        .lines())
                .containsExactly(
                        "shop.orders: attached", "public.other: attached, though the file does not ask for it");
    }

    @Test
    void partitionsAreThereByTheirNamesAlone() throws IOException {
        String file = file(selection(1, "explicit", "shop", "parted_1_1"));
        assertThat(cli.leat("attach", "--dms-mappings", file).out())
                .isEqualToIgnoringNewLines("shop.parted_1_1: attached");
        assertThat(cli.leat(
                                "attach",
                                "--dms-mappings",
                                file(ALL_OF_SHOP, selection(2, "explicit", "shop", "parted_1_1")))
                        .err())
                .contains("shop.parted_1_1 is a partition of shop.parted, which is selected too");
    }

    @Test
    void leatsOwnAndTemporaryTablesAreNotListed() throws Exception {
        try (Connection other = database.owner().getConnection();
                Statement statement = other.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE passing (id int PRIMARY KEY)");
            assertThat(cli.leat("attach", "--dms-mappings", file(selection(1, "include", "%", "%")), "--dry-run")
                            .out())
                    .contains("public.other", "shop.orders")
                    .doesNotContain("leat_internal", "leat_poller", "pg_", "passing", "information_schema");
        }
    }

    @Test
    void whoMayNotAttachIsToldWhoGrantsIt() throws IOException {
        CliRun stranger = CliRun.on(database, database.role("leat_stranger"));
        CliRun.Result result = stranger.leat("attach", "--dms-mappings", file(ALL_OF_SHOP));
        assertThat(result.exitCode()).isEqualTo(ExitCode.DATABASE);
        assertThat(result.err()).contains("permission denied", "leat_stranger");
    }

    @Test
    void theOptionsOfATableHaveNoPlaceBesideMappings() throws IOException {
        String file = file(ALL_OF_SHOP);
        assertUsage("excludes a table", "attach", "shop.orders", "--dms-mappings", file);
        assertUsage("excludes a table, --file", "attach", "--file", "f.yaml", "--dms-mappings", file);
        assertUsage("--detach-others", "attach", "--detach-others", "--dms-mappings", file);
        assertUsage("rules of the file take the place", "attach", "--key", "id", "--dms-mappings", file);
        assertUsage("rules of the file take the place", "attach", "--load", "--dms-mappings", file);
        assertUsage("--json goes with --dry-run", "attach", "--json", "--dms-mappings", file);
        assertUsage("go with --dms-mappings", "attach", "shop.orders", "--dry-run");
        assertThat(attached()).isEqualTo("[]");
    }

    private void assertUsage(String says, String... arguments) {
        CliRun.Result result = cli.leat(arguments);
        assertThat(result.err()).contains(says);
        assertThat(result.exitCode()).isEqualTo(ExitCode.USAGE);
    }

    /** That PostgreSQL compares as DMS's documentation says: which of these rows each filter lets pass. */
    @Test
    void filtersAreTrueOfTheRowsThatDmsSelects() throws IOException {
        database.run("CREATE TABLE shop.grades (grade int PRIMARY KEY, deck text, joined date);"
                + "INSERT INTO shop.grades SELECT g, CASE WHEN g % 2 = 0 THEN 'lower' END, '2020-01-01'::date + g"
                + " FROM generate_series(1, 12) g");
        assertRows(
                "1,2,3,7,8,9,11,12",
                filter(
                        "grade",
                        "ste\", \"value\": \"3",
                        "between\", \"start-value\": \"7\", \"end-value\": \"9",
                        "gte\", \"value\": \"11"));
        assertRows("1,2,3,4,5,6,10,11,12", filter("grade", "notbetween\", \"start-value\": \"7\", \"end-value\": \"9"));
        assertRows("1,3,5,7,9,11", filter("deck", "null"));
        assertRows("2,4,6,8,10,12", filter("deck", "notnull"));
        assertRows("2,11", filter("grade", "eq\", \"value\": \"2", "eq\", \"value\": \"11"));
        assertRows("10,11,12", filter("joined", "gte\", \"value\": \"2020-01-11"));
        assertRows("2,4", filter("grade", "lte\", \"value\": \"5"), filter("deck", "eq\", \"value\": \"lower"));
        assertRows("2,4,8,10,12", filter("grade", "noteq\", \"value\": \"6"), filter("deck", "notnull"));
    }

    private static String filter(String column, String... conditions) {
        return "{\"filter-type\": \"source\", \"column-name\": \"" + column
                + "\", \"filter-conditions\": [{\"filter-operator\": \""
                + String.join("\"}, {\"filter-operator\": \"", conditions) + "\"}]}";
    }

    private void assertRows(String grades, String... filters) throws IOException {
        String file = file(rule(
                1,
                "selection",
                "shop",
                "grades",
                "\"rule-action\": \"include\", \"filters\": [" + String.join(", ", filters) + "]"));
        JsonNode plan = new ObjectMapper()
                .readTree(cli.leat("attach", "--dms-mappings", file, "--dry-run", "--json")
                        .out());
        String condition = plan.findValue("filter").asText();
        assertThat(database.value(
                        "SELECT string_agg(grade::text, ',' ORDER BY grade) FROM shop.grades WHERE " + condition))
                .as(condition)
                .isEqualTo(grades);
    }
}
