package dev.leat.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.testkit.Await;
import dev.leat.testkit.TcpProxy;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.net.URI;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@Tag("postgres")
class StatementRunnerTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final PGSimpleDataSource owner = database.owner();
    private final StatementRunner runner = new StatementRunner(owner);

    @Test
    void aCallIsReadCommittedAndMayWriteWhateverTheSessionSays() {
        owner.setOptions("-c default_transaction_isolation=serializable -c default_transaction_read_only=on"
                + " -c standard_conforming_strings=off -c array_nulls=off -c statement_timeout=100");
        database.run("CREATE FUNCTION public.settings() RETURNS text[] LANGUAGE sql AS $$ CREATE TABLE public.t ();"
                + " SELECT pg_catalog.string_to_array(pg_catalog.concat_ws(' ',"
                + " pg_catalog.current_setting('transaction_isolation'),"
                + " pg_catalog.current_setting('standard_conforming_strings'),"
                + " pg_catalog.current_setting('array_nulls'),"
                + " pg_catalog.current_setting('statement_timeout')), ',') $$");

        assertThat(runner.call("SELECT public.settings()").toString()).isEqualTo("[{\"read committed on on 1min\"}]");
        assertThat(database.value("SELECT count(*) FROM pg_tables WHERE tablename = 't'"))
                .isEqualTo("1");
    }

    /** As a host that is gone, or a process that was stopped, between a statement and its commit. */
    @Test
    @Tag("full")
    void whatItHasLockedIsFreeSoonAfterItsClientVanished() throws Exception {
        database.run("CREATE TABLE public.row AS SELECT id, 0 AS n FROM generate_series(1, 2) AS id;"
                + " CREATE FUNCTION public.lock(id int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
                + " PERFORM FROM public.row r WHERE r.id OPERATOR(pg_catalog.=) lock.id FOR SHARE;"
                + " PERFORM pg_catalog.pg_advisory_lock_shared(7); END $$");
        URI server = URI.create(database.url().substring("jdbc:".length()));
        try (TcpProxy network = new TcpProxy(server.getHost(), server.getPort());
                Connection latch = owner.getConnection();
                Statement holding = latch.createStatement()) {
            holding.execute("SELECT pg_advisory_lock(7)");
            PGSimpleDataSource vanishing = database.owner();
            vanishing.setPortNumbers(new int[] {network.port()});
            StatementRunner gone = new StatementRunner(vanishing);
            List<Thread> clients = List.of(
                    lost(() -> gone.call("SELECT public.lock(1)")), lost(() -> gone.row("SELECT public.lock(2)")));
            Await.until(
                    "two that have locked a row",
                    Duration.ofSeconds(30),
                    () -> "2"
                            .equals(database.value(
                                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")));
            network.silence();
            holding.execute("SELECT pg_advisory_unlock(7)");
            database.run("SET lock_timeout = '60s'; UPDATE public.row SET n = 1");
            network.cut();
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    private static Thread lost(Supplier<?> call) {
        Thread client = new Thread(() -> assertThatThrownBy(call::get).isInstanceOf(DatabaseUnavailable.class));
        client.start();
        return client;
    }

    /** PostgreSQL 18 and later report a change to the driver, which then prepares all statements anew. */
    @Test
    void aCallDoesNotChangeTheSearchPath() {
        String path = "SELECT pg_catalog.current_setting('search_path')";
        assertThat(runner.call(path)).isEqualTo(List.of("\"$user\", public"));
        assertThat(runner.row(path)).isEqualTo(List.of("pg_catalog, pg_temp"));
    }

    @Test
    void theAnswerIsTheFirstRowOfTheCall() {
        assertThat(runner.call("SELECT n, ?::text FROM generate_series(5, 7) AS n", "a"))
                .isEqualTo(List.of(5, "a"));
        assertThat(runner.call("SELECT 1 WHERE false")).isEmpty();
        assertThatThrownBy(() -> runner.call("SELECT 1 / 0"))
                .isInstanceOf(DatabaseUnavailable.class)
                .hasMessageContaining("division by zero");
    }
}
