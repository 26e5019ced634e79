package dev.leat.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("postgres")
class MigrationsTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @Test
    void everyTableLivesInTheSchemaOfTheOwnerAloneAndASecondRunChangesNothing() {
        assertThat(Migrations.migrate(database.owner())).isPositive();
        assertThat(Migrations.migrate(database.owner())).isZero();

        assertThat(database.rows("SELECT DISTINCT schemaname FROM pg_tables WHERE tableowner = 'leat_owner'"))
                .containsExactly(java.util.List.of("leat_internal"));
        assertThat(database.value("SELECT to_regclass('leat_internal.flyway_schema_history')"))
                .isEqualTo("leat_internal.flyway_schema_history");
    }

    @Test
    void sessionsAreLeftAsTheyWere() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.owner());
        config.setMaximumPoolSize(2);
        config.setConnectionInitSql("SET search_path = public, pg_catalog");
        try (HikariDataSource pool = new HikariDataSource(config)) {
            assertThat(Migrations.migrate(pool)).isPositive();
            try (Connection one = pool.getConnection();
                    Connection other = pool.getConnection()) {
                for (Connection session : List.of(one, other)) {
                    assertThat(TestDatabase.rows(
                                    session, "SELECT current_setting('search_path'), current_setting('role')"))
                            .containsExactly(List.of("public, pg_catalog", "none"));
                }
            }
        }
    }

    @Test
    void twoAtOnceDoNotDisturbEachOther() throws Exception {
        CompletableFuture<Integer> other = CompletableFuture.supplyAsync(() -> Migrations.migrate(database.owner()));
        int scripts = Migrations.migrate(database.owner());
        assertThat(scripts + other.get(60, TimeUnit.SECONDS)).isPositive();
        assertThat(Migrations.state(database.owner())).isInstanceOf(SchemaState.Current.class);
    }

    @Test
    void anApplicationsFlywayRunsThemFromLeatsLocationAndItsOwnHistoryIsNotDisturbed(@TempDir Path scripts)
            throws IOException {
        Files.writeString(scripts.resolve("V1__shop.sql"), "CREATE TABLE public.orders (id int PRIMARY KEY)");
        Flyway application = Flyway.configure()
                .dataSource(database.owner())
                .locations("filesystem:" + scripts)
                .load();
        application.migrate();

        Flyway.configure()
                .dataSource(database.owner())
                .schemas("leat_internal")
                .locations("classpath:dev/leat/migration")
                .load()
                .migrate();

        Files.writeString(scripts.resolve("V2__attach.sql"), "SELECT leat.attach('public.orders')");
        assertThat(application.migrate().migrationsExecuted).isEqualTo(1);
        assertThat(application.info().applied()).hasSize(2);
        assertThat(database.value("SELECT count(*) FROM leat.attached()")).isEqualTo("1");
        assertThat(Migrations.migrate(database.owner())).isZero();
    }
}
