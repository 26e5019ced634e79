package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.schema.Migrations;
import dev.leat.testkit.TestServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server crashes or fails over between two claims. With a connection pool or a pooler, no broken connection shows that. */
@Tag("postgres")
class RestartTest {

    @TempDir
    Path directory;

    @Test
    void whatTheServerHasForgottenIsReadAgain() throws Exception {
        Claims claims;
        int port;
        try (EmbeddedPostgres server = server(0)) {
            port = server.getPort();
            Migrations.migrate(server.getPostgresDatabase());
            run(server, "ALTER TABLE leat_internal.outbox ALTER COLUMN id SET START WITH 1 RESTART");
            DataSource anyConnection = server.getPostgresDatabase();
            claims = new LaneClaims(
                            anyConnection, ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
                    .forWorker();
            run(server, insert(""));
            run(server, insert(""));
            assertThat(deliver(claims)).containsExactly(1L, 2L);
            assertThat(deliver(claims)).isEmpty();
        }
        try (EmbeddedPostgres server = server(port)) {
            // Settling does not wait for the disk, so a crash can bring an event back; here a hand does.
            run(
                    server,
                    insert("OVERRIDING SYSTEM VALUE")
                            .replace("SELECT", "SELECT 2,")
                            .replace("(lane", "(id, lane"));
            assertThat(deliver(claims)).containsExactly(2L);
        }
    }

    private EmbeddedPostgres server(int port) throws IOException {
        return TestServer.embedded(builder ->
                builder.setDataDirectory(directory).setCleanDataDirectory(false).setPort(port));
    }

    private static String insert(String overriding) {
        return """
                INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user) %s
                SELECT 3, 'c', false, false, now(), 1, 'a', 'me'""".formatted(overriding);
    }

    private static void run(EmbeddedPostgres server, String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<Long> deliver(Claims claims) {
        try (Claim claim = claims.claim(Set.of())) {
            List<Outcome> outcomes = new ArrayList<>();
            claim.events().forEach(event -> outcomes.add(new Outcome.Delivered(event, "shard", "1")));
            claim.settle(outcomes);
            return claim.events().stream().map(Event::id).toList();
        }
    }
}
