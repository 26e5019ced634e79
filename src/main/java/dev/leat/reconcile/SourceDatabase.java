package dev.leat.reconcile;

import dev.leat.database.PinnedDataSource;
import dev.leat.database.StatementRunner;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** What a comparison asks of the database. It needs two connections: one of them holds the snapshot. */
public final class SourceDatabase {

    private static final int FETCH = 1_000;

    /** The type of the domain events by which a reader knows that it has read far enough. Consumers ignore it (docs/formats.md). */
    static final String MARKER_TYPE = "leat.reconcile";

    private static final String OF_THE_TABLE =
            " (%1$s.schema_name, %1$s.table_name) IN (SELECT t.s, t.n FROM unnest(?::text[], ?::text[]) AS t (s, n))"
                    + " AND pg_visible_in_snapshot(%1$s.xid::text::xid8, ?::pg_snapshot)";

    /** Counted no further than a person needs it. */
    private static final String PENDING = "SELECT (SELECT count(*) FROM (SELECT FROM leat_internal.outbox o WHERE"
            + OF_THE_TABLE.formatted("o")
            + " LIMIT 100000) AS w) + (SELECT count(*) FROM leat_internal.quarantine q WHERE q.state = 'retry' AND"
            + OF_THE_TABLE.formatted("q") + ")";

    private static final String QUARANTINED = "SELECT q.partition_key, q.state FROM leat_internal.quarantine q"
            + " WHERE q.state IN ('quarantined', 'waiting', 'discarded') AND" + OF_THE_TABLE.formatted("q");

    /** Each marker has a key of its own, so there is no order that it would have to be held for; and it makes no other event wait. */
    private static final String MARK = """
            INSERT INTO leat_internal.outbox (lane, op, held, may_pass, captured_at, xid, type, partition_key, key, after, db_user, application, stream)
            SELECT leat_internal.lane_of(k.key), 'm', false, true, clock_timestamp(), pg_current_xact_id()::text::bigint, ?::text, k.key,
                   ('{"key":' || to_json(k.key) || '}')::json, 'null'::json, leat_internal.readable(session_user::text),
                   nullif(current_setting('application_name'), ''), ?::text
              FROM unnest(?::text[]) AS k (key)
            """;

    private final PinnedDataSource database;
    private final StatementRunner statements;
    private final String table;
    private final List<String> trusted;

    /**
     * @param table as SQL writes it
     * @param trusted roles whose code may run when the table is read, besides Leat's owner and superusers
     */
    public SourceDatabase(PinnedDataSource database, String table, List<String> trusted) {
        this.database = database;
        this.statements = new StatementRunner(database);
        this.table = table;
        this.trusted = List.copyOf(trusted);
    }

    /**
     * Looks at the table.
     *
     * @throws TableUnfit when it cannot be compared
     */
    public SourceTable table() throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            SourceTable found = SourceTable.look(connection, table, trusted);
            connection.commit();
            return found;
        }
    }

    /** The name of the database, as events have it. */
    String name() {
        return String.valueOf(statements.run("SELECT leat_internal.readable(current_database()::text)"));
    }

    /** A snapshot as of now, that nothing holds. */
    String now() {
        return String.valueOf(statements.run("SELECT pg_current_snapshot()::text"));
    }

    boolean polled() {
        return Boolean.TRUE.equals(
                statements.run(
                        "SELECT EXISTS (SELECT FROM leat_poller.poller WHERE abs(extract(epoch FROM clock_timestamp() - seen_at)) < 5)"));
    }

    /** How many of the table's events that the snapshot sees are still to be published; 100,000 or more as 100,000. */
    long pending(SourceTable of, String snapshot) {
        String[] schemas = schemas(of);
        String[] tables = tables(of);
        return ((Number) Objects.requireNonNull(
                        statements.run(PENDING, schemas, tables, snapshot, schemas, tables, snapshot)))
                .longValue();
    }

    /** Publishes a marker for each of these partition keys, in the stream of the table. */
    void mark(SourceTable of, List<String> keys) {
        statements.run(MARK, MARKER_TYPE, of.stream(), keys.toArray(String[]::new));
    }

    /**
     * Events of the table in quarantine.
     *
     * @param held the partition keys of those about which nobody has decided
     * @param discarded the partition keys of those that were given up
     */
    record QuarantinedKeys(Set<String> held, Set<String> discarded) {

        /** Whether truncates are among them, whose partition keys end with their lane. */
        boolean truncates() {
            return held.stream().anyMatch(key -> key.matches("(?s).*#[0-9]{1,2}"));
        }
    }

    QuarantinedKeys quarantined(SourceTable of, String snapshot) throws SQLException {
        Set<String> held = new HashSet<>();
        Set<String> discarded = new HashSet<>();
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            for (List<String> row : StatementRunner.rows(connection, QUARANTINED, schemas(of), tables(of), snapshot)) {
                (row.get(1).equals("discarded") ? discarded : held).add(row.get(0));
            }
            connection.commit();
        }
        return new QuarantinedKeys(held, discarded);
    }

    private static String[] schemas(SourceTable of) {
        return column(of, of.schema(), 0);
    }

    private static String[] tables(SourceTable of) {
        return column(of, of.table(), 1);
    }

    private static String[] column(SourceTable of, String own, int place) {
        List<String> all = new ArrayList<>(List.of(own));
        of.partitions().forEach(pair -> all.add(pair.get(place)));
        return all.toArray(String[]::new);
    }

    /** Takes the state that is compared. Its transaction, which only reads, is open until it is closed. */
    Held hold() throws SQLException {
        Connection connection = database.getConnection();
        try {
            return new Held(connection);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** A row of the table as capture would write it. */
    interface SourceRows {
        /**
         * @param sinceAttached whether the row was written since the table was attached, so that an event of it was captured
         */
        void take(String partitionKey, String image, boolean sinceAttached);
    }

    /** The state of the database that is compared. */
    final class Held implements AutoCloseable {

        private final Connection connection;
        private final SourceTable source;
        private final TransactionSnapshot snapshot;
        private final Instant takenAt;

        private Held(Connection connection) throws SQLException {
            this.connection = connection;
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
                // As pg_dump does it: what its statements are made of must not change before they run.
                statement.execute("SET LOCAL lock_timeout = '5s'");
                statement.execute("LOCK TABLE " + regclass() + " IN ACCESS SHARE MODE");
                statement.execute("SET LOCAL row_security = off");
                statement.execute("SET LOCAL jit = off");
                statement.execute("SELECT set_config(split_part(s, '=', 1), split_part(s, '=', 2), true)"
                        + " FROM unnest(leat_internal.capture_settings()) AS s"
                        // While it waits for markers nothing may end it; not every version has both.
                        + " UNION ALL SELECT set_config(p.name, '0', true) FROM pg_settings p"
                        + " WHERE p.name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')");
                try (ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text, clock_timestamp()")) {
                    row.next();
                    snapshot = TransactionSnapshot.parse(row.getString(1));
                    takenAt = row.getObject(2, OffsetDateTime.class).toInstant();
                }
            }
            source = SourceTable.look(connection, table, trusted);
        }

        /** The table's name as PostgreSQL writes it, looked up in a transaction of its own: this one must not have a snapshot yet. */
        private String regclass() {
            return String.valueOf(statements.run("SELECT ?::regclass::text", table));
        }

        SourceTable source() {
            return source;
        }

        TransactionSnapshot snapshot() {
            return snapshot;
        }

        Instant takenAt() {
            return takenAt;
        }

        /** Reads every row, a thousand at a time. */
        void rows(SourceRows rows) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(source.query())) {
                statement.setFetchSize(FETCH);
                try (ResultSet row = statement.executeQuery()) {
                    while (row.next()) {
                        rows.take(row.getString(1), row.getString(2), row.getBoolean(3));
                    }
                }
            }
        }

        @Override
        public void close() throws SQLException {
            try (connection) {
                connection.rollback();
            }
        }
    }
}
