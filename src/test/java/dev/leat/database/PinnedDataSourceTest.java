package dev.leat.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PreferQueryMode;

@Tag("postgres")
class PinnedDataSourceTest {

    private static final String PINNED = "pg_catalog, pg_temp";
    private static final String PATH = "SELECT pg_catalog.current_setting('search_path')";

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    private final PGSimpleDataSource owner = database.owner();
    private final PinnedDataSource pinned = PinnedDataSource.of(owner);

    @BeforeEach
    void table() {
        database.run("CREATE TABLE public.note (id int PRIMARY KEY, text text,"
                + " other int REFERENCES public.note DEFERRABLE INITIALLY DEFERRED)");
    }

    private static String one(Connection connection, String sql) throws SQLException {
        return String.valueOf(TestDatabase.rows(connection, sql).get(0).get(0));
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void everyTransactionBeginsWithThePinAndNoneOutlivesIt() throws SQLException {
        try (Connection driver = owner.getConnection();
                Connection connection = PinnedConnection.of(driver)) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 2; i++) {
                assertThat(one(connection, PATH)).isEqualTo(PINNED);
                connection.commit();
                assertThat(one(connection, PATH)).isEqualTo(PINNED);
                connection.rollback();
            }
            assertThat(one(driver, PATH)).isEqualTo("\"$user\", public");
        }
    }

    @Test
    void aTransactionThatAStatementHasEndedIsFollowedByAPinnedOne() throws SQLException {
        try (Connection connection = pinned.getConnection()) {
            connection.setAutoCommit(false);
            one(connection, PATH);
            run(connection, "COMMIT");
            assertThat(one(connection, PATH)).isEqualTo(PINNED);
        }
    }

    @Test
    void aSavepointIsSetAfterThePin() throws SQLException {
        try (Connection connection = pinned.getConnection()) {
            connection.setAutoCommit(false);
            Savepoint savepoint = connection.setSavepoint();
            run(connection, "INSERT INTO public.note VALUES (1)");
            connection.rollback(savepoint);
            assertThat(one(connection, PATH)).isEqualTo(PINNED);
            assertThat(one(connection, "SELECT pg_catalog.count(*) FROM public.note"))
                    .isEqualTo("0");
        }
    }

    @Test
    void theTransactionsIsolationCanStillBeSet() throws SQLException {
        try (Connection connection = pinned.getConnection()) {
            connection.setAutoCommit(false);
            run(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            assertThat(one(connection, "SHOW transaction_isolation")).isEqualTo("repeatable read");
        }
    }

    @Test
    void inAutocommitModeEachStatementIsCommittedAndItsRowsAndWarningsCanBeReadAfterwards() throws SQLException {
        owner.setDefaultRowFetchSize(1);
        try (Connection connection = pinned.getConnection()) {
            assertThat(connection.getAutoCommit()).isTrue();
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO public.note SELECT n, ? FROM pg_catalog.generate_series(1, 3) n RETURNING id, text")) {
                statement.setString(1, "a");
                try (ResultSet rows = statement.executeQuery()) {
                    assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("3");
                    int read = 0;
                    while (rows.next()) {
                        read++;
                        assertThat(rows.getString(2)).isEqualTo("a");
                    }
                    assertThat(read).isEqualTo(3);
                    assertThat(rows.getStatement()).isSameAs(statement);
                    assertThat(statement.getConnection()).isSameAs(connection);
                }
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("DO $$ BEGIN RAISE WARNING 'look'; END $$");
                assertThat(statement.getWarnings().getMessage()).isEqualTo("look");
            }
        }
    }

    @Test
    void inAutocommitModeWhatFailsLeavesNoTransactionOpen() throws SQLException {
        try (Connection connection = pinned.getConnection()) {
            assertThatThrownBy(() -> run(connection, "SELECT nowhere")).isInstanceOf(SQLException.class);
            // Refused by the commit, not by the statement.
            assertThatThrownBy(() -> run(connection, "INSERT INTO public.note VALUES (1, '', 7)"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("foreign key");
            assertThat(one(connection, PATH)).isEqualTo(PINNED);
            assertThatThrownBy(connection::commit).hasMessageContaining("autocommit");
        }
        assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("0");
    }

    /** The driver looks up types that it does not know, and the tables behind columns. */
    @Test
    void whatTheDriverAsksByItselfIsPinnedToo() throws SQLException {
        database.superuser("""
                CREATE SCHEMA leat_owner;
                GRANT USAGE ON SCHEMA leat_owner TO PUBLIC;
                CREATE TABLE public.fired (what text);
                GRANT ALL ON public.fired TO PUBLIC;
                CREATE FUNCTION leat_owner.current_schemas(boolean) RETURNS name[] LANGUAGE sql AS
                    $$ INSERT INTO public.fired VALUES ('current_schemas'); SELECT pg_catalog.current_schemas($1) $$;
                CREATE FUNCTION leat_owner.pg_get_expr(pg_node_tree, oid) RETURNS text LANGUAGE sql AS
                    $$ INSERT INTO public.fired VALUES ('pg_get_expr'); SELECT pg_catalog.pg_get_expr($1, $2) $$;
                CREATE FUNCTION leat_owner.same(oid, oid) RETURNS boolean LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.fired VALUES ('='); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
                CREATE OPERATOR leat_owner.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = leat_owner.same);
                CREATE TYPE public.mood AS ENUM ('good');
                """);
        owner.setOptions("-c search_path=\"$user\",pg_catalog");
        for (boolean autoCommit : new boolean[] {true, false}) {
            try (Connection connection = pinned.getConnection()) {
                connection.setAutoCommit(autoCommit);
                try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT id, CAST('good' AS public.mood), ARRAY[CAST('good' AS public.mood)] FROM public.note"
                                + " RIGHT JOIN pg_catalog.generate_series(1, 2) n ON false")) {
                    assertThat(statement.getMetaData().getColumnTypeName(2)).contains("mood");
                    statement.getParameterMetaData();
                    try (ResultSet rows = statement.executeQuery()) {
                        assertThat(rows.next()).isTrue();
                        rows.getMetaData().isNullable(1);
                        assertThat(rows.getObject(2)).hasToString("good");
                        assertThat(rows.getArray(3).getArray()).isNotNull();
                        assertThat(rows.getObject(3)).isNotNull();
                    }
                }
                try (ResultSet tables = connection.getMetaData().getTables(null, "public", "note", null)) {
                    assertThat(tables.next()).isTrue();
                }
                connection.createArrayOf("public.mood", new Object[] {"good"});
                assertThat(connection.getCatalog()).isEqualTo(database.name());
            }
        }
        owner.setOptions("");
        assertThat(database.rows("SELECT DISTINCT what FROM fired")).isEmpty();
    }

    @Test
    void theSessionIsNotChangedForOthers() throws SQLException {
        try (Connection connection = pinned.getConnection()) {
            assertThatThrownBy(() -> connection.setSchema("public"))
                    .isInstanceOf(SQLFeatureNotSupportedException.class);
            assertThatThrownBy(() -> connection.setReadOnly(true)).isInstanceOf(SQLFeatureNotSupportedException.class);
            assertThatThrownBy(() -> connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE))
                    .isInstanceOf(SQLFeatureNotSupportedException.class);
            assertThat(connection.unwrap(PGConnection.class)).isNotNull();
            assertThat(connection.isWrapperFor(PGConnection.class)).isTrue();
        }
    }

    @Test
    void pinnedOrNotAConnectionGoesBackAsItCame() throws SQLException {
        try (Connection application = owner.getConnection()) {
            run(application, "SET search_path = public, pg_catalog");
            application.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            application.setAutoCommit(false);
            for (DataSource source : new DataSource[] {
                PinnedDataSource.of(Once.of(application)),
                PinnedDataSource.of(Once.of(application)).raw()
            }) {
                try (Connection connection = source.getConnection()) {
                    assertThat(connection.getAutoCommit()).isTrue();
                    run(connection, "INSERT INTO public.note VALUES (1)");
                    connection.setAutoCommit(false);
                    run(connection, "DELETE FROM public.note");
                }
                assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("1");
                database.run("DELETE FROM note");

                assertThat(application.getAutoCommit()).isFalse();
                assertThat(one(application, PATH)).isEqualTo("public, pg_catalog");
                assertThat(one(application, "SHOW transaction_isolation")).isEqualTo("serializable");
                application.rollback();
            }
        }
    }

    @Test
    void aConnectionInsideTheCallersTransactionIsNotTaken() throws SQLException {
        try (Connection application = owner.getConnection()) {
            application.setAutoCommit(false);
            run(application, "INSERT INTO public.note VALUES (1)");
            PinnedDataSource bound = PinnedDataSource.of(Once.of(application));
            assertThatThrownBy(bound::getConnection).hasMessageContaining("inside a transaction");
            assertThatThrownBy(() -> bound.raw().getConnection()).hasMessageContaining("inside a transaction");
            application.commit();
        }
        assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("1");
    }

    @Test
    void whatATransactionRestsOnIsSetWhateverTheSessionHasSet() throws SQLException {
        owner.setReadOnly(true);
        owner.setSocketTimeout(5);
        List<String> names = List.of(
                "transaction_isolation",
                "transaction_read_only",
                "search_path",
                "standard_conforming_strings",
                "array_nulls",
                "quote_all_identifiers",
                "statement_timeout",
                "tcp_user_timeout",
                "idle_in_transaction_session_timeout");
        try (Connection application = owner.getConnection()) {
            run(
                    application,
                    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY; SET search_path = nowhere;"
                            + " SET standard_conforming_strings = off; SET array_nulls = off; SET quote_all_identifiers = on;"
                            + " SET statement_timeout = '4s'; SET idle_in_transaction_session_timeout = 0");
            List<String> before = settings(application, names);
            assertThat(application.getNetworkTimeout()).isEqualTo(5_000);
            for (boolean autoCommit : new boolean[] {true, false}) {
                try (Connection connection =
                        PinnedDataSource.of(Once.of(application)).getConnection()) {
                    connection.setAutoCommit(autoCommit);
                    assertThat(settings(connection, names))
                            .containsExactly("read committed", "off", PINNED, "on", "on", "off", "0", "20000", "10s");
                    assertThat(connection.getNetworkTimeout()).isEqualTo(60_000);
                    assertThatThrownBy(() -> run(connection, "SELECT nowhere")).isInstanceOf(SQLException.class);
                }
                assertThat(settings(application, names)).isEqualTo(before);
                assertThat(application.getNetworkTimeout()).isEqualTo(5_000);
                assertThat(application.isReadOnly()).isTrue();
            }
        }
    }

    private static List<String> settings(Connection connection, List<String> names) throws SQLException {
        List<String> values = new ArrayList<>();
        for (String name : names) {
            values.add(one(connection, "SHOW " + name));
        }
        return values;
    }

    /** As HikariCP leaves what it sets where connections are not in autocommit mode. */
    @Test
    void aTransactionInWhichAPoolHasOnlySetSomethingIsCommitted() throws SQLException {
        for (boolean raw : new boolean[] {true, false}) {
            try (Connection application = owner.getConnection()) {
                application.setAutoCommit(false);
                run(application, "SET search_path = nowhere");
                PinnedDataSource source = PinnedDataSource.of(Once.of(application));
                try (Connection connection = raw ? source.raw().getConnection() : source.getConnection()) {
                    run(connection, "INSERT INTO public.note VALUES (" + (raw ? 1 : 2) + ")");
                }
                assertThat(application.getAutoCommit()).isFalse();
                application.rollback();
                assertThat(one(application, PATH)).isEqualTo("nowhere");
            }
        }
        assertThat(database.value("SELECT count(*) FROM note")).isEqualTo("2");
    }

    @Test
    void aTransactionInWhichTheCallerHasReadIsNotTaken() throws SQLException {
        try (Connection application = owner.getConnection()) {
            application.setAutoCommit(false);
            one(application, "SELECT count(*) FROM public.note");
            PinnedDataSource bound = PinnedDataSource.of(Once.of(application));
            assertThatThrownBy(bound::getConnection).hasMessageContaining("inside a transaction");
            assertThatThrownBy(() -> bound.raw().getConnection()).hasMessageContaining("isolateInternalQueries");
        }
    }

    @Test
    void aLostConnectionIsClosed() throws SQLException {
        for (boolean raw : new boolean[] {true, false}) {
            try (Connection application = owner.getConnection()) {
                PinnedDataSource source = PinnedDataSource.of(Once.of(application));
                Connection connection = raw ? source.raw().getConnection() : source.getConnection();
                connection.setAutoCommit(false);
                String pid = one(connection, "SELECT pg_catalog.pg_backend_pid()");
                database.superuser("SELECT pg_terminate_backend(" + pid + ", 10000)");
                assertThatThrownBy(() -> one(connection, PATH)).isInstanceOf(SQLException.class);
                try {
                    connection.close();
                } catch (SQLException e) {
                    assertThat(e.getSQLState()).startsWith("08");
                }
                assertThat(application.isClosed()).isTrue();
            }
        }
    }

    @Test
    void statementsMayBeSentTheSimpleWay() throws SQLException {
        owner.setPreferQueryMode(PreferQueryMode.SIMPLE);
        try (Connection connection = pinned.getConnection()) {
            assertThat(one(connection, PATH)).isEqualTo(PINNED);
        }
    }
}
