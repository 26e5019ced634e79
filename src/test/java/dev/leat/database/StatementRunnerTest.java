package dev.leat.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.util.List;
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
                + " -c standard_conforming_strings=off -c array_nulls=off -c statement_timeout=1");
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
