package dev.leat.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class MigrationsTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @Test
    void everythingLivesInTheSchemaLeatAndASecondRunChangesNothing() {
        assertThat(Migrations.migrate(database.owner())).isPositive();
        assertThat(Migrations.migrate(database.owner())).isZero();

        assertThat(database.rows("SELECT DISTINCT schemaname FROM pg_tables WHERE tableowner = 'leat_owner'"))
                .containsExactly(java.util.List.of("leat"));
        assertThat(database.value("SELECT to_regclass('leat.flyway_schema_history')"))
                .isEqualTo("leat.flyway_schema_history");
    }
}
