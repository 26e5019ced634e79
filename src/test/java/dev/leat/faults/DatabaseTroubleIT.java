package dev.leat.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.localstream.Faults;
import dev.leat.testkit.Await;
import dev.leat.testkit.LeatProcess;
import dev.leat.testkit.OwnServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("full")
class DatabaseTroubleIT {

    private static final int CONNECTIONS = 30;
    private static final long FULL = 17L << 20;
    private static final Duration A_WHILE = Duration.ofSeconds(2);

    @Test
    void whateverTheServerDoesThePollerGoesOnByItselfAndEverythingCommittedArrivesInOrder() throws SQLException {
        try (OwnServer server = OwnServer.create(Map.of("max_connections", "" + CONNECTIONS));
                Scene scene = new Scene(server.database())) {
            scene.database().role("leat_eater");
            scene.start(scene.as("leat_troubled"));
            scene.awaitPollers();
            trouble(scene, "restarted fast", () -> server.restart(OwnServer.Stop.FAST));
            trouble(scene, "crashed", () -> server.restart(OwnServer.Stop.IMMEDIATE));
            trouble(scene, "sessions terminated", () -> {
                for (int i = 0; i < 5; i++) {
                    terminateOthers(server);
                    Scene.pause(Duration.ofMillis(200));
                }
            });
            trouble(scene, "out of connections", () -> eatConnections(server, scene));
            trouble(scene, "read-only", () -> {
                server.readOnly(true);
                Scene.pause(A_WHILE);
                server.readOnly(false);
            });
            server.stop(OwnServer.Stop.FAST);
            server.startWithFileSizeLimit(FULL);
            trouble(scene, "outbox full", () -> fillTheOutbox(scene));
            assertThat(scene.audit().verdict().headline()).isEqualTo("in order, nothing lost");
        }
    }

    private interface Trouble {
        void happen() throws SQLException;
    }

    /** While the writer goes on, and again after it. */
    private static void trouble(Scene scene, String name, Trouble trouble) throws SQLException {
        PersistentWriter writer = scene.write(100, Duration.ofMillis(2));
        Scene.pause(Duration.ofMillis(500));
        trouble.happen();
        long over = System.nanoTime();
        List<String> keys = scene.keysInEveryLane(name.replace(' ', '-'));
        scene.publish(keys);
        Await.until("an event of every lane", Scene.PATIENCE, () -> scene.arrived(keys));
        Duration back = Duration.ofNanos(System.nanoTime() - over);
        scene.stopWriting();
        scene.drain();
        System.out.printf(
                "database trouble, %s: every lane went on after %d ms; %,d changes written, %d attempts failed; %s%n",
                name,
                back.toMillis(),
                writer.written(),
                writer.failed(),
                scene.audit().verdict().headline());
        assertThat(scene.audit().verdict().inOrderNothingLost())
                .as("%s", scene.audit().verdict())
                .isTrue();
        assertThat(scene.pollers()).allMatch(LeatProcess::alive);
        assertThat(writer.written()).isPositive();
    }

    private static void terminateOthers(OwnServer server) {
        server.server()
                .superuser(
                        "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
    }

    /** Whatever the poller and the writer had is taken by others, for a while. */
    private static void eatConnections(OwnServer server, Scene scene) throws SQLException {
        List<Connection> eaten = new ArrayList<>();
        try {
            int refused = 0;
            for (int round = 0; refused < 20 && round < 10 * CONNECTIONS; round++) {
                if (round % 10 == 0) {
                    server.server()
                            .superuser(
                                    "postgres",
                                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename NOT IN ('postgres', 'leat_eater')");
                }
                try {
                    eaten.add(scene.database().as("leat_eater").getConnection());
                } catch (SQLException e) {
                    assertThat(e.getSQLState()).isEqualTo("53300");
                    refused++;
                }
            }
            assertThat(refused).isEqualTo(20);
            Scene.pause(A_WHILE);
        } finally {
            for (Connection connection : eaten) {
                connection.close();
            }
        }
    }

    /** Nothing is published until the outbox cannot grow; then the poller empties it, and vacuum makes room again. */
    private static void fillTheOutbox(Scene scene) {
        scene.stream().faults(Faults.none().throttling());
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        scene.database()
                                .run(
                                        "SELECT truth.publish('full-' || n, 'Large', jsonb_build_object('text', repeat(md5('' || n), 40)))"
                                                + " FROM generate_series(1, 2000) n");
                    }
                })
                .hasMessageContaining("could not extend file");
        Scene.pause(A_WHILE);
        scene.stream().faults(Faults.none());
        Scene.pause(A_WHILE);
        scene.database().run("VACUUM leat_internal.outbox");
    }
}
