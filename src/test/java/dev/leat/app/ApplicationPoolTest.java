package dev.leat.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.leat.LeatPoller;
import dev.leat.PollerListener;
import dev.leat.PollerSettings;
import dev.leat.schema.Migrations;
import dev.leat.testkit.Await;
import dev.leat.testkit.Extent;
import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import dev.leat.testkit.TestStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A poller gets an application's own connection pool, with any of its usual settings. What the poller writes is committed, its periodic
 * duties are done, and each connection is returned in the state in which it was taken.
 */
@Tag("postgres")
class ApplicationPoolTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int CONNECTIONS = 6;

    /** What tells one session from another, but for its process and the statements that the driver keeps by itself. */
    private static final String STATE = """
            SELECT pg_catalog.string_agg(s.name || '=' || s.setting, ' ' ORDER BY s.name),
                   CURRENT_USER, pg_catalog.current_setting('role'),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relpersistence = 't' AND c.relnamespace = pg_catalog.pg_my_temp_schema()),
                   (SELECT pg_catalog.string_agg(p.name, ' ') FROM pg_catalog.pg_prepared_statements p WHERE p.from_sql),
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype <> 'virtualxid'
                       AND l.relation >= 16384::oid)
              FROM pg_catalog.pg_settings s WHERE s.name NOT LIKE 'transaction_%' AND s.source IN ('session', 'client', 'database', 'user', 'database user')""";

    @AutoClose
    private final TestDatabase database = TestServer.shared().emptyDatabase();

    @AutoClose
    private final TestStream stream = new TestStream(1);

    private final List<String> troubles = new CopyOnWriteArrayList<>();

    enum Setup {
        NO_AUTO_COMMIT(config -> {}),
        READ_ONLY(config -> config.setReadOnly(true)),
        ALWAYS_READ_ONLY(config -> {
            config.setReadOnly(true);
            config.addDataSourceProperty("readOnlyMode", "always");
        }),
        READ_ONLY_AND_AUTO_COMMIT(config -> {
            config.setReadOnly(true);
            config.setAutoCommit(true);
            config.addDataSourceProperty("readOnlyMode", "always");
        }),
        READ_ONLY_BY_DEFAULT(config -> config.setConnectionInitSql("SET default_transaction_read_only = on")),
        REPEATABLE_READ(config -> config.setTransactionIsolation("TRANSACTION_REPEATABLE_READ")),
        SERIALIZABLE(config -> config.setTransactionIsolation("TRANSACTION_SERIALIZABLE")),
        ANOTHER_SCHEMA(config -> {
            config.setSchema("app");
            config.setCatalog("elsewhere");
        }),
        SHORT_TIMES(config -> {
            config.addDataSourceProperty("socketTimeout", "5");
            config.setConnectionInitSql(
                    "SET statement_timeout = '5s'; SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '2s'");
        }),
        OTHER_TEXTS(
                config -> config.setConnectionInitSql("SET standard_conforming_strings = off; SET array_nulls = off;"
                        + " SET quote_all_identifiers = on; SET IntervalStyle = sql_standard; SET TimeZone = 'Asia/Kathmandu';"
                        + " SET bytea_output = escape; SET extra_float_digits = -15")),
        LEFT_BEHIND(config -> {
            config.setConnectionInitSql("CREATE TEMP TABLE outbox (id int); CREATE TEMP TABLE pg_class (oid int);"
                    + " CREATE TEMP TABLE lane (lane int); PREPARE look AS SELECT 1;"
                    + " SET search_path = pg_temp, nowhere, pg_catalog; SET leat.context = 'left'; SET SESSION my.own = 'x';"
                    + " SET enable_seqscan = off; SET jit = off");
            config.setIsolateInternalQueries(true);
        }),
        ANOTHER_ROLE(config -> {
            config.setUsername("leat_member");
            config.setConnectionInitSql("SET ROLE leat_owner");
        });

        private final Consumer<HikariConfig> change;

        Setup(Consumer<HikariConfig> change) {
            this.change = change;
        }
    }

    @BeforeEach
    void schema() {
        database.run("CREATE SCHEMA app");
        database.role("leat_member");
        database.superuser("GRANT leat_owner TO leat_member");
    }

    private HikariDataSource pool(Setup setup) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url());
        config.setUsername(TestServer.OWNER);
        config.setPassword(TestServer.password());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setMinimumIdle(CONNECTIONS);
        config.setAutoCommit(false);
        setup.change.accept(config);
        return new HikariDataSource(config);
    }

    static Stream<Setup> setups() {
        return Extent.some(1, List.of(Setup.values())).stream();
    }

    @ParameterizedTest
    @MethodSource("setups")
    void isUsedAsItIs(Setup setup) throws Exception {
        List<String> before;
        try (HikariDataSource alike = pool(setup)) {
            before = states(alike);
        }
        // Fresh from the pool: what that has set is not committed yet.
        try (HikariDataSource pool = pool(setup)) {
            Migrations.migrate(pool);
            assertThat(states(pool)).isEqualTo(before);

            database.run(
                    "CREATE TABLE public.orders (id int PRIMARY KEY, note text); SELECT leat.attach('public.orders', mask => '{note}')");
            LeatPoller poller = LeatPoller.builder(pool, stream.client(), TestStream.NAME)
                    .settings(
                            PollerSettings.builder().retain(Duration.ofDays(7)).build())
                    .listener(new PollerListener() {
                        @Override
                        public void upkeepFailed(
                                String duty, String consequence, RuntimeException cause, Duration pause) {
                            troubles.add(duty + ": " + cause);
                        }

                        @Override
                        public void passFailed(RuntimeException cause, int claimed, Duration pause) {
                            troubles.add(cause + ", caused by " + cause.getCause());
                        }
                    })
                    .build();
            poller.start();
            try {
                database.run(
                        "INSERT INTO public.orders VALUES (1, ''); SELECT leat.publish('order-1', 'OrderPlaced', '{}')");
                eventually("two records", "t", "SELECT count(*) = 2 FROM leat_internal.sent");
                assertThat(stream.texts()).hasSize(2);
                eventually(
                        "its heartbeat",
                        "t",
                        "SELECT count(*) = 1 AND max(seen_at) > min(started_at) FROM leat_internal.poller");
                eventually(
                        "its counts",
                        "null.null m 1, public.orders c 1",
                        "SELECT string_agg(coalesce(schema_name, 'null') || '.' || coalesce(table_name, 'null') || ' ' || op::text || ' ' || published, ', ' ORDER BY op DESC)"
                                + " FROM leat_poller.counter");
                eventually(
                        "room for what was sent",
                        "t",
                        "SELECT count(*) >= 3 FROM pg_inherits WHERE inhparent = 'leat_internal.sent'::regclass");
                database.run("ALTER TABLE public.orders RENAME note TO remark");
                eventually("the function's being written anew", "f", "SELECT stale FROM leat.attached()");
                assertThat(troubles).isEmpty();

                // Sessions that are lost are opened anew, and are like the others.
                database.superuser(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
                database.run("INSERT INTO public.orders VALUES (2, '')");
                eventually("the third record", "t", "SELECT count(*) = 3 FROM leat_internal.sent");
            } finally {
                poller.stop(Duration.ofSeconds(20));
            }
            assertThat(database.value("SELECT count(*) FROM leat_internal.poller"))
                    .isEqualTo("0");
            assertThat(states(pool)).isEqualTo(before);
        }
    }

    private void eventually(String what, String expected, String query) {
        Await.until(what + "; " + troubles, PATIENCE, () -> expected.equals(database.value(query)));
    }

    /** Of all connections, taken out together. */
    private static List<String> states(HikariDataSource pool) throws SQLException {
        List<Connection> taken = new ArrayList<>();
        try {
            List<String> states = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Connection connection = pool.getConnection();
                taken.add(connection);
                states.add(state(connection));
            }
            return states;
        } finally {
            for (Connection connection : taken) {
                connection.close();
            }
        }
    }

    private static String state(Connection connection) throws SQLException {
        boolean readOnly = connection.isReadOnly();
        int isolation = connection.getTransactionIsolation();
        String state = TestDatabase.rows(connection, STATE) + " " + connection.getAutoCommit() + " " + readOnly + " "
                + isolation + " " + connection.getNetworkTimeout() + " "
                + String.valueOf(connection.getSchema()).replaceAll("[0-9]+$", "") + " "
                + connection.getCatalog() + " " + connection.getHoldability();
        if (!connection.getAutoCommit()) {
            connection.commit();
        }
        return state;
    }
}
