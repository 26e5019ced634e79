package dev.leat.testkit;

import dev.leat.schema.Migrations;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The PostgreSQL server of this JVM's tests: the one at {@code LEAT_TEST_DATABASE_URL} (a superuser's JDBC URL) if that is set, or else a
 * container if Docker runs, or else embedded binaries. Its version is Maven's {@code postgres.version}.
 *
 * <p>Databases are cloned from a template on which Leat's migrations have run as {@link #OWNER}, a role that has no attribute but LOGIN.
 */
public final class TestServer {

    /** Owns every test database and Leat's schema in it; not a superuser. */
    public static final String OWNER = "leat_owner";

    /** JVMs that test beside each other may share a server. */
    public static final String TEMPLATE = "leat_template" + System.getProperty("leat.test.fork", "");

    private static final String PASSWORD = "leat";
    private static final String MAJOR =
            System.getProperty("leat.test.postgres", "18").replaceFirst("\\..*", "");
    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final List<TestServer> ALL = new CopyOnWriteArrayList<>();
    private static @Nullable TestServer shared;

    private final String superuserUrl;
    private final KeptSessions superusers = new KeptSessions(() -> superuser("postgres"));
    private boolean templateReady;
    private @Nullable String strategy;

    /** @param templateReady whether the server's data come with the template */
    TestServer(String superuserUrl, boolean templateReady) {
        this.superuserUrl = superuserUrl;
        this.templateReady = templateReady;
        ALL.add(this);
    }

    /** What each session of each server does, what it waits for and who blocks it; a server's error in the place of its sessions. */
    static List<String> sessions() {
        return ALL.stream().flatMap(server -> server.activity().stream()).toList();
    }

    private List<String> activity() {
        try (Connection connection = DriverManager.getConnection(superuserUrl("postgres") + "&socketTimeout=10")) {
            return TestDatabase.rows(connection, """
                            SELECT concat_ws(' | ', pid, datname, usename, application_name, state, wait_event_type, wait_event,
                                       'since ' || state_change, 'blocked by ' || nullif(pg_blocking_pids(pid), '{}')::text, query)
                              FROM pg_stat_activity
                             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                             ORDER BY state_change""").stream()
                    .map(row -> String.valueOf(row.get(0)))
                    .toList();
        } catch (SQLException e) {
            return List.of(url("postgres") + ": " + e.getMessage());
        }
    }

    /** The server of this JVM, started at the first call. */
    public static TestServer shared() {
        return shared(builder -> {});
    }

    /** The same; if it is embedded and this is the first call, with further settings. */
    public static synchronized TestServer shared(Consumer<EmbeddedPostgres.Builder> more) {
        if (shared == null) {
            shared = new TestServer(start(more), false);
        }
        return shared;
    }

    /** The server's major version, such as 18. */
    public int major() {
        return Integer.parseInt(value("SHOW server_version_num")) / 10_000;
    }

    private static String start(Consumer<EmbeddedPostgres.Builder> more) {
        String given = System.getenv("LEAT_TEST_DATABASE_URL");
        if (given != null) {
            return given;
        }
        if (DockerClientFactory.instance().isDockerAvailable()) {
            // Closed by Testcontainers' own reaper when this JVM ends.
            @SuppressWarnings("resource")
            var container = new PostgreSQLContainer("postgres:" + MAJOR)
                    .withCommand("postgres", "-c", "max_prepared_transactions=20", "-c", "max_connections=200");
            container.start();
            return container.getJdbcUrl() + "&user=" + container.getUsername() + "&password=" + container.getPassword();
        }
        return embedded(builder -> {
                    builder.setDataDirectory(DataDirectory.empty());
                    more.accept(builder);
                })
                .getJdbcUrl("postgres", "postgres");
    }

    /** A server of its own, for tests that stop it; the caller closes it. */
    public static EmbeddedPostgres embedded() {
        return embedded(builder -> {});
    }

    /** The same, with further settings of the server. */
    public static EmbeddedPostgres embedded(Consumer<EmbeddedPostgres.Builder> more) {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setServerConfig("max_prepared_transactions", "20")
                    .setServerConfig("max_connections", "200")
                    .setServerConfig("fsync", "off");
            more.accept(builder);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("embedded PostgreSQL did not start", e);
        }
    }

    /** A new database, migrated, owned by {@link #OWNER}. */
    public TestDatabase database() {
        prepareTemplate();
        return clone(TEMPLATE);
    }

    /** A new database without Leat, owned by {@link #OWNER}. */
    public TestDatabase emptyDatabase() {
        prepareTemplate();
        return clone("template1");
    }

    /** The same, with that encoding and the C locale. */
    public TestDatabase emptyDatabase(String encoding) {
        prepareTemplate();
        return clone("template0 ENCODING '" + encoding + "' LC_COLLATE 'C' LC_CTYPE 'C'");
    }

    /** The same, sorted and folded as in Turkish; before PostgreSQL 15, which has no such databases, as everywhere. */
    public TestDatabase turkishDatabase() {
        prepareTemplate();
        return clone("template0 ENCODING 'UTF8' LOCALE 'C'"
                + (major() < 15 ? "" : " LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'"));
    }

    private TestDatabase clone(String template) {
        String name = "leat_test_" + ProcessHandle.current().pid() + "_" + DATABASES.incrementAndGet();
        superuser("postgres", "CREATE DATABASE " + name + " OWNER " + OWNER + strategy() + " TEMPLATE " + template);
        return new TestDatabase(this, name);
    }

    /** Copying files takes less CPU than writing them to the log; but where files are synced, its checkpoints take time. */
    private synchronized String strategy() {
        if (strategy == null) {
            boolean copies = value("SELECT current_setting('fsync') = 'off'"
                            + " AND current_setting('server_version_num')::int >= 150000")
                    .equals("t");
            strategy = copies ? " STRATEGY file_copy" : "";
        }
        return strategy;
    }

    synchronized void prepareTemplate() {
        if (templateReady) {
            return;
        }
        superuser(
                "postgres",
                "DO $$ BEGIN CREATE ROLE " + OWNER + " LOGIN PASSWORD '" + PASSWORD
                        + "'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        superuser("postgres", "DROP DATABASE IF EXISTS " + TEMPLATE);
        superuser("postgres", "CREATE DATABASE " + TEMPLATE + " OWNER " + OWNER);
        Migrations.migrate(dataSource(TEMPLATE, OWNER));
        templateReady = true;
    }

    /** Runs a statement as the server's superuser. */
    public void superuser(String database, String sql) {
        KeptSessions sessions = database.equals("postgres") ? superusers : KeptSessions.none(() -> superuser(database));
        sessions.use(sql, connection -> {
            try (Statement statement = connection.createStatement()) {
                // Whoever has made a server read-only must be able to change it.
                statement.execute("SET default_transaction_read_only = off");
                return statement.execute(sql);
            }
        });
    }

    /** A session of the superuser. */
    public Connection superuser(String database) throws SQLException {
        return DriverManager.getConnection(superuserUrl(database));
    }

    /** The first column of the first row of a superuser's query, as text. */
    public String value(String sql) {
        try (Connection connection = superuser("postgres")) {
            return String.valueOf(TestDatabase.rows(connection, sql).get(0).get(0));
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A JDBC URL of that database for the superuser. */
    public String superuserUrl(String database) {
        return superuserUrl.replaceFirst("^(jdbc:postgresql://[^/]+/)[^?]*", "$1" + database);
    }

    /** A JDBC URL of that database without user and password. */
    public String url(String database) {
        return superuserUrl(database).replaceFirst("\\?.*$", "");
    }

    /** Connections of a role whose password is {@link #password()}. */
    public PGSimpleDataSource dataSource(String database, String role) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(url(database));
        dataSource.setUser(role);
        dataSource.setPassword(PASSWORD);
        return dataSource;
    }

    /** The password of every role of the tests. */
    public static String password() {
        return PASSWORD;
    }
}
