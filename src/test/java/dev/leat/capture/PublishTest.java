package dev.leat.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.Session;
import java.sql.Connection;
import java.sql.PreparedStatement;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Domain events of the application. */
@Tag("postgres")
class PublishTest extends CaptureFixture {

    @Test
    void anEventIsSentIfItsTransactionCommits() throws Exception {
        try (Session writer = session()) {
            writer.run("BEGIN");
            writer.value("SELECT leat.publish('order-42', 'OrderPlaced', '{\"total\": \"\\u0000\"}')");
            writer.run("ROLLBACK");
            assertThat(captured()).isEmpty();

            String id = writer.value(
                    "SELECT leat.publish('order-42', 'OrderPlaced', '{\"total\": \"\\u0000\"}', stream => 's',"
                            + " on_quarantine => 'pass')");

            assertThat(id).isEqualTo(Long.toString(last().id()));
        }
        assertThat(last().change()).isEqualTo("m order-42 null -> {\"total\": \"\\u0000\"}");
        assertThat(last().type()).isEqualTo("OrderPlaced");
        assertThat(last().key()).isEqualTo("{\"key\":\"order-42\"}");
        assertThat(last().held()).isTrue();
        assertThat(last().mayPass()).isTrue();
        assertThat(last().stream()).isEqualTo("s");
        assertThat(last().schema()).isNull();
        assertThat(last().table()).isNull();
    }

    @Test
    void aPayloadIsAParameterOfJdbcJsonOrJsonb() throws Exception {
        try (Connection writer = database.owner().getConnection();
                PreparedStatement publish = writer.prepareStatement("SELECT leat.publish(?, ?, ?)")) {
            publish.setString(1, "order-42");
            publish.setString(2, "OrderPaid");
            publish.setString(3, "{\"amount\":  12.50}");
            publish.execute();
        }
        assertThat(last().change()).isEqualTo("m order-42 null -> {\"amount\":  12.50}");
        run(
                "SELECT leat.publish('k', 'T', json_build_object('a', 1)), leat.publish('k', 'T', jsonb_build_object('b', 2), on_quarantine => 'pass')");
        assertThat(last().change()).isEqualTo("m k null -> {\"b\": 2}");
        assertThat(last().mayPass()).isTrue();
        try (Session writer = session()) {
            assertThat(writer.refusal("SELECT leat.publish('k', 'T', 'no JSON')")
                            .message())
                    .contains("invalid input syntax for type json");
        }
    }

    @Test
    void aKeyThatCouldBeATablesIsStoredApart() {
        for (String key :
                new String[] {"public.t.1", "public.t", "public.t#3", "public.t(c).1", "\"A b\".t.1", "sha256:00"}) {
            run("SELECT leat.publish('" + key + "', 'T', NULL)");
            assertThat(last().partitionKey()).isEqualTo("~" + key);
            assertThat(last().key()).isEqualTo("{\"key\":\"" + key.replace("\"", "\\\"") + "\"}");
        }
        for (String key : new String[] {"order-42", "order.42", "42", "a.b-c", "Ä.b.c", "public"}) {
            run("SELECT leat.publish('" + key + "', 'T', NULL)");
            assertThat(last().partitionKey()).isEqualTo(key);
        }
    }

    @Test
    void aLongKeyIsHashedAndALaneFollowsIt() {
        run("SELECT leat.publish(repeat('k', 257), 'T', NULL)");

        assertThat(last().partitionKey()).startsWith("sha256:");
        assertThat(database.value("SELECT lane = leat_internal.lane_of(partition_key) FROM leat_internal.outbox"))
                .isEqualTo("t");
    }

    @Test
    void whatCannotBeMeantIsRefused() throws Exception {
        try (Session writer = session()) {
            assertThat(writer.refusal("SELECT leat.publish('', 'T', NULL)").message())
                    .contains("key is empty");
            assertThat(writer.refusal("SELECT leat.publish(NULL, 'T', NULL)").message())
                    .contains("key is empty");
            assertThat(writer.refusal("SELECT leat.publish('k', '', NULL)").message())
                    .contains("type is empty");
            assertThat(writer.refusal("SELECT leat.publish('k', 'T', NULL, stream => 'a b')")
                            .message())
                    .contains("stream");
            assertThat(writer.refusal("SELECT leat.publish('k', 'T', NULL, on_quarantine => 'x')")
                            .hint())
                    .contains("wait");
        }
    }

    @Test
    void theWriterIsTheOneWhoCalled() throws Exception {
        database.role("app_login");
        run("SELECT leat.grant_publisher('app_login')");
        try (Session writer = as("app_login")) {
            writer.run("SET leat.context = 'c'; SELECT leat.publish('k', 'T', NULL)");
        }
        assertThat(database.rows("SELECT db_user, context FROM leat_internal.outbox"))
                .containsExactly(java.util.List.of("app_login", "c"));
    }
}
