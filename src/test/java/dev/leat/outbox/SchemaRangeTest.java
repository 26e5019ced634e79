package dev.leat.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.pipeline.Claim;
import dev.leat.pipeline.Claims;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A poller that was started before a migration continues as long as the new schema serves it. If it does not, the poller claims nothing.
 */
@Tag("postgres")
class SchemaRangeTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    /** One session, which has prepared everything long before the schema changes. */
    @AutoClose
    private final HikariDataSource session = pool();

    private final Claims claims = new LaneClaims(
                    session, ClaimSettings.DEFAULT, "changes", () -> 1, System::nanoTime, new Random(1))
            .forWorker();

    private HikariDataSource pool() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.owner());
        config.setMaximumPoolSize(1);
        return new HikariDataSource(config);
    }

    private void schema(String function, int version) {
        database.run(
                "CREATE OR REPLACE FUNCTION leat." + function + "() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE"
                        + " SET search_path = pg_catalog, pg_temp AS 'SELECT " + version + "'");
    }

    private int claimed() {
        try (Claim claim = claims.claim(Set.of())) {
            return claim.events().size();
        }
    }

    @Test
    void aRunningPollerClaimsAsLongAsTheSchemaServesIt() {
        database.run("SELECT leat.publish('k', 'T', '{}')");
        for (int round = 0; round < 10; round++) {
            claimed();
        }
        assertThat(claimed()).isOne();

        schema("schema_version", 2);
        assertThat(claimed()).as("a later schema that serves it").isOne();

        schema("oldest_poller", 2);
        assertThatThrownBy(this::claimed)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("version 2, which serves pollers from version 2 on")
                .hasMessageContaining("upgrade the jar");
        assertThat(database.value("SELECT count(*) FROM pg_locks WHERE relation = 'leat_internal.lane'::regclass"))
                .as("no lane is kept")
                .isEqualTo("0");

        schema("oldest_poller", 1);
        assertThat(claimed()).isOne();
    }

    @Test
    void aSchemaThatIsTooOldIsNotClaimedFrom() {
        schema("schema_version", 0);
        assertThatThrownBy(this::claimed).hasMessageContaining("run `leat migrate`");
    }
}
