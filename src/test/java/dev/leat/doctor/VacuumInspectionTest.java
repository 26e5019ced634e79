package dev.leat.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.leat.jooq.Dsl;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command finds what prevents vacuum from removing dead rows of the outbox. */
@Tag("postgres")
class VacuumInspectionTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    private List<Finding> findings(Duration longOpen, Duration longPrepared) {
        return new VacuumInspection(Dsl.of(database.owner()), longOpen, longPrepared).findings();
    }

    @Test
    void openAndPreparedTransactionsAreFoundByTheirAge() throws Exception {
        String gid = "leat-test-" + UUID.randomUUID();
        try (Connection connection = database.owner().getConnection();
                Connection open = database.owner().getConnection();
                Statement prepares = connection.createStatement();
                Statement waits = open.createStatement()) {
            connection.setAutoCommit(false);
            prepares.execute("SELECT pg_current_xact_id()");
            prepares.execute("PREPARE TRANSACTION '" + gid + "'");
            open.setAutoCommit(false);
            waits.execute("SELECT 1");

            assertThat(findings(Duration.ZERO, Duration.ZERO))
                    .anySatisfy(finding -> {
                        assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
                        assertThat(finding.text()).contains("backend", "leat_owner", "idle in transaction");
                    })
                    .anySatisfy(finding -> {
                        assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
                        assertThat(finding.text()).contains(gid);
                    });
            assertThat(findings(Duration.ofHours(1), Duration.ofHours(1)))
                    .allMatch(finding -> finding.level() == Finding.Level.OK);
        } finally {
            database.run("ROLLBACK PREPARED '" + gid + "'");
        }
    }
}
