package dev.leat.claim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.Claim;
import dev.leat.Claims;
import dev.leat.Event;
import dev.leat.Outcome;
import dev.leat.settle.JooqSettlement;
import dev.leat.upkeep.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** A failover to a replica that had not seen the last commits hands ids out again. */
class AnotherServerTest {

    private final AtomicReference<@Nullable EmbeddedPostgres> server = new AtomicReference<>();

    @Test
    void idsHandedOutAgainByAnotherServerAreNotBelowWhatIsKnownOfTheFormer(@TempDir Path data) throws Exception {
        server.set(start(data));
        Migrations.migrate(server().getPostgresDatabase());
        Claims claims = new JooqClaims(
                        new Current(), ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
                .forWorker();
        write(100);
        assertThat(deliver(claims)).hasSize(100);
        assertThat(deliver(claims)).isEmpty();

        server().close();
        server.set(start(data));
        run("SELECT setval('leat.outbox_id_seq', 50)");
        write(60);

        assertThat(deliver(claims)).contains(51L, 110L).hasSize(60);
        server().close();
    }

    private EmbeddedPostgres server() {
        return Objects.requireNonNull(server.get());
    }

    private static EmbeddedPostgres start(Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
    }

    private void write(int events) throws SQLException {
        run("""
                INSERT INTO leat.outbox (lane, op, held, may_pass, captured_at, xid, partition_key, db_user)
                SELECT n %% 64, 'c', false, false, now(), 1, 'k' || n, 'me' FROM generate_series(1, %d) n""".formatted(events));
    }

    private void run(String sql) throws SQLException {
        try (Connection connection = server().getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<Long> deliver(Claims claims) {
        try (Claim claim = claims.claim(Set.of())) {
            List<Outcome> outcomes = new ArrayList<>();
            claim.events().forEach(event -> outcomes.add(new Outcome.Delivered(event, "shard", "1")));
            new JooqSettlement(false).settle(claim, outcomes);
            return claim.events().stream().map(Event::id).toList();
        }
    }

    /** Leads to whichever server runs now, as a name in DNS does. */
    private final class Current extends PGSimpleDataSource {

        private static final long serialVersionUID = 1L;

        @Override
        public Connection getConnection() throws SQLException {
            return server().getPostgresDatabase().getConnection();
        }
    }
}
