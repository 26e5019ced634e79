package dev.leat.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import org.jooq.DSLContext;
import org.jooq.exception.DataAccessException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("postgres")
class DslTest {

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final DSLContext sql = Dsl.of(database.owner());

    @BeforeEach
    void table() {
        database.run("CREATE TABLE public.note (id int PRIMARY KEY,"
                + " other int REFERENCES public.note DEFERRABLE INITIALLY DEFERRED)");
    }

    @Test
    void aStatementByItselfOnlyReads() {
        assertThat(sql.fetchSingle("SELECT pg_catalog.current_setting('search_path')")
                        .get(0))
                .isEqualTo("pg_catalog, pg_temp");
        assertThatThrownBy(() -> sql.fetch("INSERT INTO public.note VALUES (1) RETURNING id"))
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("read-only transaction");
    }

    @Test
    void aTransactionIsCommitted() {
        sql.transaction(transaction -> transaction.dsl().execute("INSERT INTO public.note VALUES (1)"));
        assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("1");
    }

    @Test
    void aCommitThatIsRefusedIsAnError() {
        assertThatThrownBy(() -> sql.transaction(
                        transaction -> transaction.dsl().execute("INSERT INTO public.note VALUES (1, 7)")))
                .isInstanceOf(DataAccessException.class)
                .hasStackTraceContaining("foreign key");
    }

    @Test
    void whatAStatementFailedOfIsSaid() {
        assertThatThrownBy(() -> sql.fetch("SELECT nowhere"))
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void aTransactionThatFailsIsRolledBack() {
        assertThatThrownBy(() -> sql.transaction(transaction -> {
                    transaction.dsl().execute("INSERT INTO public.note VALUES (1)");
                    throw new IllegalStateException("no");
                }))
                .hasMessageContaining("no");
        assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("0");
    }
}
