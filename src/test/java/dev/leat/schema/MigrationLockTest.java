package dev.leat.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.database.PinnedDataSource;
import dev.leat.testkit.Await;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("postgres")
class MigrationLockTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private final MigrationLock lock = new MigrationLock(
            PinnedDataSource.of(database.owner()), Migrations.HISTORY_SCHEMA, Migrations.HISTORY_TABLE);

    @Test
    void aMigrationUnderWayHoldsIt() throws Exception {
        String history = Migrations.HISTORY_SCHEMA + "." + Migrations.HISTORY_TABLE;
        database.run(
                "DELETE FROM " + history + " WHERE installed_rank = (SELECT max(installed_rank) FROM " + history + ")");
        CompletableFuture<Integer> migration;
        try (Connection blocker = database.owner().getConnection();
                Statement statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            // Rows may be read, but none can be added.
            statement.execute("LOCK TABLE " + history + " IN SHARE MODE");
            migration = CompletableFuture.supplyAsync(() -> Migrations.migrate(database.owner()));
            Await.until("a holder", Duration.ofSeconds(20), () -> !lock.holder().isEmpty() || migration.isDone());
            assertThat(lock.holder()).contains("of role leat_owner");
            blocker.rollback();
        }
        assertThat(migration.get(30, TimeUnit.SECONDS)).isOne();
        assertThat(lock.holder()).isEmpty();
    }

    @Test
    void whoeverHoldsItForLongIsNamed() throws Exception {
        PGSimpleDataSource stranger = database.as(database.role("leat_stranger"));
        stranger.setApplicationName("squatter");
        try (Connection connection = stranger.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + lock.number() + ")");
            assertThatThrownBy(() -> Migrations.migrate(database.owner(), Duration.ofSeconds(1), remark -> {}))
                    .isInstanceOf(MigrationLocked.class)
                    .hasMessageMatching(
                            "backend \\d+ of role leat_stranger \\(squatter\\) holds the lock .* pg_terminate_backend.*");
        }
        assertThat(Migrations.migrate(database.owner(), Duration.ofSeconds(5), remark -> {}))
                .isZero();
    }
}
