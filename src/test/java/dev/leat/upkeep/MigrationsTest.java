package dev.leat.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
