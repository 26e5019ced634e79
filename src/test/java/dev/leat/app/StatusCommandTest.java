package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("postgres")
class StatusCommandTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final CliRun cli = CliRun.on(database, database.role("leat_poller"));
    private final UUID poller = UUID.randomUUID();

    @BeforeEach
    void tables() {
        database.run("SELECT leat.grant_poller('leat_poller');"
                + "CREATE TABLE orders (id bigint PRIMARY KEY, note text);"
                + "SELECT leat.attach('public.orders', stream => 'orders')");
    }

    private void seed() {
        database.run("INSERT INTO orders VALUES (1), (2), (3); UPDATE orders SET note = 'x' WHERE id < 3;"
                + "DELETE FROM orders WHERE id = 1; SELECT leat.publish('customer 7', 'Greeted', '{}');"
                + "UPDATE leat_internal.outbox SET captured_at = captured_at - interval '90 seconds';"
                + "INSERT INTO leat_internal.counter VALUES ('public', 'orders', 'c', 100, 0, 0, 0),"
                + " ('public', 'former', 'd', 5, 1, 3, 2);"
                + "INSERT INTO leat_internal.counter_delta (schema_name, table_name, op, published) VALUES"
                + " ('public', 'orders', 'c', 9), ('public', 'orders', 'c', 2);"
                + "INSERT INTO leat_internal.poller (poller, host, pid, version) VALUES ('" + poller
                + "', 'there', 42, '1.0');"
                + "INSERT INTO leat_internal.poller (poller, host, pid, version, seen_at)"
                + " VALUES (gen_random_uuid(), 'gone', 43, '1.0', now() - interval '20 seconds');"
                + "INSERT INTO leat_internal.shard_use (poller, stream, shard, seconds, records, bytes, refused) VALUES"
                + " ('" + poller + "', 'orders', 'shardId-000000000003', 60, 57000, 12288000, 3000)");
    }

    private JsonNode json() throws Exception {
        CliRun.Result result = cli.leat("status", "--json");
        assertThat(result.exitCode()).as(result.err()).isZero();
        return new ObjectMapper().readTree(result.out());
    }

    @Test
    void anIdleDatabaseIsToldInAFewLines() {
        assertThat(cli.leat("status").out())
                .contains("schema      version 1", "backlog     empty", "64, 0 held", "0 alive: nothing is published");
    }

    @Test
    void theCountsAreThoseOfTheDatabase() throws Exception {
        seed();
        JsonNode status = json();
        assertThat(status.at("/schema_version").asInt()).isEqualTo(1);
        assertThat(status.at("/backlog/events").asInt()).isEqualTo(7);
        assertThat(status.at("/backlog/capped").asBoolean()).isFalse();
        assertThat(status.at("/backlog/oldest_age_seconds").asDouble()).isBetween(89.0, 150.0);
        assertThat(status.at("/backlog/oldest_captured_at").asText()).endsWith("Z");
        assertThat(status.at("/backlog/bytes_on_disk").asText())
                .isEqualTo(database.value("SELECT pg_total_relation_size('leat_internal.outbox')"));
        assertThat(status.at("/tables")).hasSize(3);
        JsonNode orders = status.at("/tables/0");
        assertThat(orders.at("/schema").asText() + "." + orders.at("/table").asText())
                .isEqualTo("public.orders");
        assertThat(orders.at("/attached").asBoolean()).isTrue();
        assertThat(orders.at("/stream").asText()).isEqualTo("orders");
        assertThat(orders.at("/published/insert").asInt()).isEqualTo(111);
        assertThat(orders.at("/captured/insert").asInt()).isEqualTo(114);
        assertThat(orders.at("/waiting").toString())
                .isEqualTo("{\"insert\":3,\"update\":2,\"delete\":1,\"read\":0,\"truncate\":0,\"message\":0}");
        assertThat(status.at("/tables/1/attached").asBoolean())
                .as("a table that was attached once")
                .isFalse();
        assertThat(status.at("/tables/1/captured/delete").asInt()).isEqualTo(7);
        assertThat(status.at("/tables/1/discarded/delete").asInt()).isEqualTo(2);
        assertThat(status.at("/tables/2/waiting/message").asInt()).isEqualTo(1);
        assertThat(status.at("/tables/2/table").isNull()).isTrue();
        assertThat(status.at("/pollers")).hasSize(2);
        assertThat(status.findValuesAsText("alive")).containsExactlyInAnyOrder("true", "false");
        assertThat(status.at("/shards").toString())
                .isEqualTo("[{\"stream\":\"orders\",\"shard\":\"shardId-000000000003\",\"records_per_second\":950.0,"
                        + "\"bytes_per_second\":204800.0,\"refused_share\":0.05}]");
        assertThat(status.at("/quarantine").toString())
                .isEqualTo("{\"quarantined\":0,\"waiting\":0,\"retry\":0,\"discarded\":0}");
    }

    /** Nothing is no event that is captured just now. */
    @Test
    void withoutEventsNothingIsOld() throws Exception {
        JsonNode backlog = json().at("/backlog");
        assertThat(backlog.at("/events").asLong()).isZero();
        assertThat(backlog.at("/oldest_captured_at").isNull()).isTrue();
        assertThat(backlog.at("/oldest_age_seconds").isNull()).isTrue();
    }

    @Test
    void thePersonSeesTheSame() {
        seed();
        assertThat(cli.leat("status").out().lines().map(line -> line.replaceAll(" +", " ")))
                .anyMatch(line -> line.matches("backlog 7 events, the oldest 9\\d\\.\\d s old, \\d+ KiB on disk"))
                .anyMatch(line -> line.startsWith(poller + " there 1.0") && line.endsWith("yes 42 0"))
                .anyMatch(line -> line.contains("no, last seen"))
                .contains("orders shardId-000000000003 950.0 200.0 5.0 %")
                .containsSubsequence(
                        "TABLE ATTACHED STREAM OPERATION CAPTURED PUBLISHED QUARANTINED DISCARDED WAITING",
                        "public.orders yes orders insert 114 111 0 0 3",
                        "public.orders yes orders update 2 0 0 0 2",
                        "public.orders yes orders delete 1 0 0 0 1",
                        "public.former no default delete 7 5 0 2 0",
                        "(domain events) - default message 1 0 0 0 1",
                        "total 125 116 0 2 7");
    }

    @Test
    void whateverBecomesOfEventsTheFiguresAddUp() throws Exception {
        database.run("INSERT INTO orders SELECT n FROM generate_series(1, 10) n");
        Runnable aside = () ->
                database.run("SELECT leat_poller.set_aside(ARRAY[lane], ARRAY[id], '{quarantined}', '{why}', '{f}')"
                        + " FROM (SELECT * FROM leat_internal.outbox ORDER BY id LIMIT 1) o");
        for (int i = 0; i < 4; i++) {
            aside.run();
        }
        database.run("SELECT leat.retry(min(id)) FROM leat_internal.quarantine WHERE state = 'quarantined'");
        database.run("SELECT leat.retry(min(id)) FROM leat_internal.quarantine WHERE state = 'quarantined'");
        database.run("SELECT leat.discard(min(id)) FROM leat_internal.quarantine WHERE state = 'quarantined'");
        database.run("SELECT leat_poller.settle(false, ARRAY[lane], '{0}', '{}', ARRAY[id], '{}', '{}', '{}', '{}')"
                + " FROM (SELECT * FROM leat_internal.quarantine WHERE state = 'retry' ORDER BY id LIMIT 1) q");
        database.run(
                "SELECT leat_poller.settle(false, ARRAY[lane], '{1}', ARRAY[id], '{}', '{public}', '{orders}', '{c}', '{1}')"
                        + " FROM (SELECT * FROM leat_internal.outbox ORDER BY id LIMIT 1) o");
        JsonNode orders = json().at("/tables/0");
        assertThat(List.of("captured", "published", "quarantined", "discarded", "waiting").stream()
                        .map(figure -> orders.at("/" + figure + "/insert").asInt()))
                .containsExactly(10, 2, 2, 1, 5);
        assertThat(cli.leat("status").out().lines().map(line -> line.replaceAll(" +", " ")))
                .contains("public.orders yes orders insert 10 2 2 1 5", "total 10 2 2 1 5");
    }

    @Test
    void whoHoldsALaneIsSeen() throws Exception {
        seed();
        PGSimpleDataSource held = database.owner();
        held.setApplicationName("leat " + poller);
        PGSimpleDataSource stranger = database.owner();
        stranger.setApplicationName("psql");
        try (Connection one = held.getConnection();
                Connection other = stranger.getConnection();
                Statement ofOne = one.createStatement();
                Statement ofOther = other.createStatement()) {
            one.setAutoCommit(false);
            other.setAutoCommit(false);
            // Given back by a transaction that is over: not held any more.
            ofOne.execute("SELECT FROM leat_internal.lane WHERE lane = 9 FOR UPDATE");
            one.rollback();
            ofOne.execute("SELECT FROM leat_internal.lane WHERE lane IN (3, 5) FOR UPDATE");
            ofOther.execute("SELECT FROM leat_internal.lane WHERE lane = 7 FOR UPDATE");

            JsonNode lanes = json().at("/lanes");
            assertThat(lanes.at("/total").asInt()).isEqualTo(64);
            assertThat(lanes.findValuesAsText("lane")).containsExactly("3", "5", "7");
            assertThat(lanes.at("/held/0/poller").asText()).isEqualTo(poller.toString());
            assertThat(lanes.at("/held/2/poller").isNull()).isTrue();
            assertThat(lanes.at("/held/2/application").asText()).isEqualTo("psql");
            assertThat(json().at("/pollers").findValuesAsText("lanes_held")).contains("2");
            assertThat(cli.leat("status").out())
                    .contains("64, 3 held now", "lane 7 is held by backend", "(psql), which is no poller on the list");
        }
    }

    @Test
    void theFieldsAreThoseThatAreDocumented() throws Exception {
        seed();
        List<String> fields = new ArrayList<>();
        try (Connection holder = database.owner().getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM leat_internal.lane WHERE lane = 3 FOR UPDATE");
            collect(json(), "", fields);
        }
        String documented = java.nio.file.Files.readString(java.nio.file.Path.of("docs", "operations.md"));
        assertThat(fields)
                .isNotEmpty()
                .allSatisfy(field -> assertThat(documented).contains("`" + field + "`"));
    }

    private static void collect(JsonNode node, String path, List<String> fields) {
        if (node.isArray()) {
            if (!node.isEmpty()) {
                collect(node.get(0), path + "[]", fields);
            }
            return;
        }
        node.fields().forEachRemaining(field -> {
            String name = path.isEmpty() ? field.getKey() : path + "." + field.getKey();
            if (field.getValue().isContainerNode() && !path.contains("tables[]")) {
                collect(field.getValue(), name, fields);
            } else {
                fields.add(name);
            }
        });
    }
}
