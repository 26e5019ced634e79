package dev.leat.harm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.leat.schema.Migrations;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.Writers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/** {@code leat migrate} while the application writes. */
@Tag("postgres")
@Timeout(180)
class MigrateBesideWritersTest {

    private static final String WRITE =
            "INSERT INTO public.orders VALUES (1, 0); UPDATE public.orders SET v = 1; DELETE FROM public.orders";

    /** A writer that has to wait for a lock is to fail. Not at once: a busy machine may hold up another writer that has one. */
    private static final Duration HARDLY = Duration.ofSeconds(2);

    @AutoClose
    private final TestDatabase database = TestServer.shared().database();

    @AutoClose
    private final TestDatabase empty = TestServer.shared().emptyDatabase();

    @Test
    void aMigrationNeedsNoLockThatAWriterHolds() throws SQLException {
        attached();
        try (Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(WRITE);

            assertThatNoException().isThrownBy(() -> {
                assertThat(migrateAnew()).isEqualTo(repeatable().size());
                assertThat(refreshAnew()).isEqualTo("1");
            });

            statement.execute(WRITE);
            writer.commit();
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE fault IS NULL"))
                .isEqualTo("6");
    }

    /** A claim is open for as long as Kinesis takes to answer; whoever waited for it would make others wait. */
    @Test
    void aMigrationNeedsNoLockThatAPollerHolds() throws SQLException {
        attached();
        database.run(WRITE);
        try (Connection poller = database.owner().getConnection();
                Statement statement = poller.createStatement()) {
            poller.setAutoCommit(false);
            statement.execute(
                    "SELECT * FROM leat_poller.drawn(); SELECT * FROM leat_poller.lock_lanes(0, 0, 64, '{}')");
            for (String view : List.of(
                    "outbox",
                    "lane",
                    "history",
                    "poller",
                    "counter",
                    "shard_use",
                    "quarantine",
                    "attachment",
                    "stream")) {
                statement.execute("SELECT * FROM leat_poller." + view);
            }
            assertThat(migrateAnew()).isEqualTo(repeatable().size());
            poller.commit();
        }
    }

    @Test
    void aWriterNeedsNoLockThatAMigrationHolds() throws SQLException, IOException {
        attached();
        try (Connection migration = database.owner().getConnection();
                Statement all = migration.createStatement();
                Connection writer = database.owner().getConnection();
                Statement statement = writer.createStatement()) {
            statement.execute("SET lock_timeout = " + HARDLY.toMillis());
            statement.execute(WRITE);
            migration.setAutoCommit(false);
            for (Path script : repeatable()) {
                all.execute(Files.readString(script));
            }
            all.execute("UPDATE leat_internal.attachment SET before = false; SELECT leat.refresh()");

            statement.execute(WRITE);
            try (Connection fresh = database.owner().getConnection();
                    Statement first = fresh.createStatement()) {
                first.execute("SET lock_timeout = " + HARDLY.toMillis());
                first.execute(WRITE);
            }
            migration.commit();
            statement.execute(WRITE);
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE fault IS NULL"))
                .isEqualTo("12");
    }

    @Test
    void theFirstInstallationNeedsNoLockThatAWriterHolds() throws SQLException {
        empty.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int)");
        try (Connection writer = empty.owner().getConnection();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(WRITE);

            assertThat(Migrations.migrate(bounded(empty))).isPositive();

            statement.execute(WRITE);
            writer.commit();
        }
    }

    @Test
    void migratingOverAndOverFailsNoWriterAndLosesNoChange() {
        database.run("CREATE TABLE public.log (id int, v int)");
        attached();
        database.run("""
                CREATE FUNCTION public.count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO public.log SELECT coalesce(NEW.id, OLD.id), 1;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER count_changes AFTER INSERT OR UPDATE OR DELETE ON public.orders
                    FOR EACH ROW EXECUTE FUNCTION public.count_changes()""");
        try (Writers writers = new Writers(database, 3, HARDLY, "public.orders")) {
            writers.awaitMore(10);
            for (int round = 0; round < Extent.of(3, 8); round++) {
                assertThat(migrateAnew()).isPositive();
                assertThat(refreshAnew()).isEqualTo("1");
                assertThat(writers.waitingForOthers()).isZero();
                writers.awaitMore(5);
            }
            assertThat(writers.failures()).isEmpty();
        }
        assertThat(database.value("SELECT count(*) FROM leat_internal.outbox WHERE fault IS NULL"))
                .isEqualTo(database.value("SELECT count(*) FROM public.log"));
    }

    private void attached() {
        database.run("CREATE TABLE public.orders (id int PRIMARY KEY, v int); SELECT leat.attach('public.orders')");
    }

    /** As after an upgrade that has changed every function; returns how many scripts ran. */
    private int migrateAnew() {
        database.run("UPDATE leat_internal.flyway_schema_history SET checksum = 0 WHERE version IS NULL");
        return Migrations.migrate(bounded(database));
    }

    /** As after an upgrade that has changed what a capture function looks like. */
    private String refreshAnew() {
        database.run("UPDATE leat_internal.attachment SET before = NOT before");
        return String.valueOf(database.value("SELECT leat.refresh()"));
    }

    /** What would wait for a writer fails instead. */
    private static PGSimpleDataSource bounded(TestDatabase database) {
        PGSimpleDataSource source = database.owner();
        source.setOptions("-c lock_timeout=10s");
        return source;
    }

    private static List<Path> repeatable() {
        try (Stream<Path> files = Files.list(Path.of("db", "migration"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("R__"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
