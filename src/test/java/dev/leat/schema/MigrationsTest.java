package dev.leat.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.database.PinnedDataSource;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
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
        assertThat(Migrations.state(database.owner()).usable()).isTrue();
    }

    /** Of a migration that fails at its last function, as it is installed and as it is upgraded. */
    @Test
    void aMigrationThatFailsLeavesNothingBehind() {
        database.superuser("""
                CREATE FUNCTION public.no_last_function() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c WHERE c.object_identity = 'leat.oldest_poller()') THEN
                        RAISE EXCEPTION 'not this one';
                    END IF;
                END $$;
                CREATE EVENT TRIGGER no_last_function ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
                    EXECUTE FUNCTION public.no_last_function()""");
        assertThatThrownBy(() -> Migrations.migrate(database.owner())).hasMessageContaining("not this one");
        assertThat(database.value("SELECT to_regclass('leat_internal.outbox')")).isNull();
        assertThat(Migrations.state(database.owner())).isInstanceOf(SchemaState.Absent.class);

        database.superuser("ALTER EVENT TRIGGER no_last_function DISABLE");
        assertThat(Migrations.migrate(database.owner())).isPositive();
        database.run("UPDATE leat_internal.flyway_schema_history SET checksum = 0 WHERE version IS NULL;"
                + " DROP FUNCTION leat_internal.attnums(regclass, text[])");
        database.superuser("ALTER EVENT TRIGGER no_last_function ENABLE");
        assertThatThrownBy(() -> Migrations.migrate(database.owner())).hasMessageContaining("not this one");
        assertThat(database.value("SELECT count(*) FROM pg_proc WHERE proname = 'attnums'"))
                .isEqualTo("0");
        database.superuser("ALTER EVENT TRIGGER no_last_function DISABLE");
        assertThat(Migrations.migrate(database.owner())).isPositive();
    }

    /** Flyway's lock is held by a transaction that is idle while the scripts run. */
    @Test
    @Tag("full")
    void aMigrationMayLastLongerThanAnotherTransactionMayBeIdle() {
        database.superuser("CREATE FUNCTION public.slow() RETURNS event_trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_sleep(3); END $$;"
                + " CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE TYPE', 'CREATE VIEW')"
                + " EXECUTE FUNCTION public.slow()");
        long begun = System.nanoTime();
        assertThat(Migrations.migrate(database.owner())).isPositive();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(12));
    }

    @Test
    void noScriptOfThisVersionRunsOverThoseOfALaterOne() {
        Migrations.migrate(database.owner());
        String anew = "UPDATE leat_internal.flyway_schema_history SET checksum = 0 WHERE version IS NULL;"
                + " CREATE OR REPLACE FUNCTION leat.schema_version() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 2'";
        database.run(anew);
        List<String> told = new ArrayList<>();
        assertThat(Migrations.migrate(database.owner(), told::add)).isZero();
        assertThat(told).singleElement().asString().contains("a later Leat has made the schema, version 2");
        // It comes while this one already waits for its turn.
        assertThatThrownBy(() -> Migrations.flyway(
                                PinnedDataSource.of(database.owner()), Duration.ofSeconds(5), Migrations.LOCATION)
                        .migrate())
                .hasMessageContaining("a later Leat has made the schema meanwhile, version 2");
        assertThat(database.value("SELECT leat.schema_version()")).isEqualTo("2");

        database.run(
                "CREATE OR REPLACE FUNCTION leat.oldest_poller() RETURNS integer LANGUAGE sql STABLE AS 'SELECT 2'");
        assertThatThrownBy(() -> Migrations.migrate(database.owner()))
                .isInstanceOf(SchemaNotOurs.class)
                .hasMessageContaining("upgrade the jar");
    }

    @Test
    void leatsLocationBesideTheApplicationsOwnIsRefused(@TempDir Path scripts) throws IOException {
        Files.writeString(scripts.resolve("V1__shop.sql"), "CREATE TABLE public.orders (id int PRIMARY KEY)");
        Flyway both = Flyway.configure()
                .dataSource(database.owner())
                .locations("filesystem:" + scripts, Migrations.LOCATION)
                .load();
        assertThatThrownBy(both::migrate).hasMessageContaining("more than one migration with version 1");
    }

    /** By the very statement that docs/operations.md shows. */
    @Test
    void aFlywayInstanceOfItsOwnRunsThemAndTheApplicationsHistoryIsNotDisturbed(@TempDir Path scripts)
            throws IOException {
        String page = Files.readString(Path.of("docs", "operations.md"));
        String documented = page.substring(page.indexOf("<!-- flyway -->"), page.indexOf("<!-- /flyway -->"))
                .replaceAll("(?m)^(```|<!--).*$", "");
        assertThat(Files.readString(Path.of("src/test/java/dev/leat/schema/MigrationsTest.java"))
                        .replaceAll("\\s+", ""))
                .contains(documented.replaceAll("\\s+", ""));
        DataSource owner = database.owner();
        Files.writeString(scripts.resolve("V1__shop.sql"), "CREATE TABLE public.orders (id int PRIMARY KEY)");
        Flyway application = Flyway.configure()
                .dataSource(database.owner())
                .locations("filesystem:" + scripts)
                .load();
        application.migrate();

        Flyway.configure()
                .dataSource(owner)
                .schemas("leat_internal")
                .locations("classpath:dev/leat/migration")
                .group(true)
                .load()
                .migrate();

        Files.writeString(scripts.resolve("V2__attach.sql"), "SELECT leat.attach('public.orders')");
        assertThat(application.migrate().migrationsExecuted).isEqualTo(1);
        assertThat(application.info().applied()).hasSize(2);
        assertThat(database.value("SELECT count(*) FROM leat.attached()")).isEqualTo("1");
        assertThat(Migrations.migrate(database.owner())).isZero();
    }
}
