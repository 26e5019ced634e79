package dev.leat.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class OwnServerTest {

    private static final int MEBI = 1 << 20;

    @Test
    void keepsItsPortAndItsDataThroughRestartsAndACrash() {
        try (OwnServer server = OwnServer.create(Map.of("max_connections", "30"))) {
            assertThat(server.server().value("SHOW max_connections")).isEqualTo("30");
            TestDatabase database = server.database();
            database.run("SELECT leat.publish('k', 'One', '{}')");
            server.restart(OwnServer.Stop.FAST);
            database.run("SELECT leat.publish('k', 'Two', '{}')");
            server.restart(OwnServer.Stop.IMMEDIATE);
            assertThat(server.said()).contains("was not properly shut down");
            assertThat(database.value("SELECT count(*) FROM leat_internal.outbox"))
                    .isEqualTo("2");
        }
    }

    @Test
    void aFileThatWouldGrowTooLargeFailsItsStatementAlone() {
        try (OwnServer server = OwnServer.create()) {
            TestDatabase database = server.database();
            database.run("CREATE TABLE public.big (t text)");
            server.stop(OwnServer.Stop.FAST);
            server.startWithFileSizeLimit(17L * MEBI);
            assertThatThrownBy(() -> database.run(
                            "INSERT INTO public.big SELECT repeat('x', 1000) FROM generate_series(1, 20000)"))
                    .hasMessageContaining("could not extend file");
            database.run("INSERT INTO public.big VALUES ('small')");
            server.restart(OwnServer.Stop.FAST);
            database.run("INSERT INTO public.big SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
        }
    }

    @Test
    void isReadOnlyForAWhile() {
        try (OwnServer server = OwnServer.create()) {
            TestDatabase database = server.database();
            server.readOnly(true);
            assertThatThrownBy(() -> database.run("SELECT leat.publish('k', 'One', '{}')"))
                    .hasMessageContaining("read-only");
            server.readOnly(false);
            database.run("SELECT leat.publish('k', 'One', '{}')");
        }
    }

    @Test
    void aPromotedStandbyHasWhatItSawAndNotWhatCameAfter() {
        try (OwnServer primary = OwnServer.create()) {
            TestDatabase database = primary.database();
            database.run("SELECT leat.publish('k', 'Before', '{}')");
            OwnServer standby = primary.standby();
            TestDatabase copy = standby.database(database.name());
            assertThatThrownBy(() -> copy.run("SELECT leat.publish('k', 'One', '{}')"))
                    .hasMessageContaining("read-only");
            database.run("SELECT leat.publish('k', 'Streamed', '{}')");
            standby.catchUpWith(primary);
            standby.stopFollowing();
            database.run("SELECT leat.publish('k', 'Lost', '{}')");
            standby.promote();
            copy.run("SELECT leat.publish('k', 'New', '{}')");
            assertThat(copy.rows("SELECT op FROM leat_internal.outbox ORDER BY id")
                            .size())
                    .isEqualTo(3);
            assertThat(database.value("SELECT system_identifier FROM pg_control_system()"))
                    .isEqualTo(copy.value("SELECT system_identifier FROM pg_control_system()"));
        }
    }
}
