package dev.leat.testkit;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** One database of a test. Closing it ends all connections to it and drops it. */
public final class TestDatabase implements AutoCloseable {

    private final TestServer server;
    private final String name;
    private final KeptSessions owners = new KeptSessions(() -> owner().getConnection());

    TestDatabase(TestServer server, String name) {
        this.server = server;
        this.name = name;
    }

    /** Lets the outbox's ids begin at 1 and not at the clock, for tests that name them. */
    public TestDatabase idsFromOne() {
        run("ALTER TABLE leat_internal.outbox ALTER COLUMN id SET START WITH 1 RESTART");
        return this;
    }

    public String name() {
        return name;
    }

    /** A JDBC URL without user and password. */
    public String url() {
        return server.url(name);
    }

    public TestServer server() {
        return server;
    }

    /** Connections of the role that owns the database and Leat's schema. */
    public PGSimpleDataSource owner() {
        return as(TestServer.OWNER);
    }

    /** Connections of another role, which {@link #role} has created. */
    public PGSimpleDataSource as(String role) {
        return server.dataSource(name, role);
    }

    /** Creates a role that may log in and nothing else. Roles outlive the database: creating one again is no error. */
    public String role(String role) {
        superuser("DO $$ BEGIN CREATE ROLE " + role + " LOGIN PASSWORD '" + TestServer.password()
                + "'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        return role;
    }

    /** Runs statements as the superuser, in this database. */
    public void superuser(String sql) {
        server.superuser(name, sql);
    }

    /** Runs statements as the owner, in a transaction of their own. */
    public void run(String sql) {
        owners.use(sql, connection -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    /** The rows of a query by the owner, each column as text. */
    public List<List<@Nullable String>> rows(String sql) {
        return owners.use(sql, connection -> rows(connection, sql));
    }

    /** The rows of a query on that connection, each column as text. */
    public static List<List<@Nullable String>> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<List<@Nullable String>> rows = new ArrayList<>();
            while (result.next()) {
                List<@Nullable String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        }
    }

    /** The first column of the first row, as text. */
    public @Nullable String value(String sql) {
        return rows(sql).get(0).get(0);
    }

    /** Waits until the outbox is empty; fails if it has not shrunk for that time. */
    public void awaitEmptyOutbox(Duration stalled) {
        Await.noneLeft(
                "events",
                stalled,
                () -> Long.parseLong(String.valueOf(value("SELECT count(*) FROM leat_internal.outbox"))));
    }

    @Override
    public void close() {
        owners.close();
        server.superuser("postgres", "DROP DATABASE " + name + " WITH (FORCE)");
    }
}
