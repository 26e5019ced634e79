package dev.leat.schema;

import dev.leat.database.PinnedDataSource;
import dev.leat.database.StatementRunner;
import dev.leat.pipeline.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the schemas that Leat writes into belong only to its owner. A role that owns one of them or an object in it, or may create
 * objects there, could make the migrating role and pollers run its code.
 */
public final class SchemaOwnership {

    /** Leat's own. */
    private static final List<String> SCHEMAS = List.of("leat", "leat_poller", "leat_internal");

    /** SQLSTATE of CREATE SCHEMA when there is one of that name, and when another transaction is creating it. */
    private static final Set<String> CREATED_MEANWHILE = Set.of("42P06", "23505");

    /** The most objects that a message names; further ones are counted. */
    private static final int NAMED = 3;

    /** Every catalog of objects that lie in a schema. Parsers and templates have no owner: only superusers create them. */
    private static final String OBJECTS = """
            WITH object (kind, namespace, name, owner) AS (
                SELECT 'relation', relnamespace, relname::text, relowner FROM pg_catalog.pg_class
                UNION ALL SELECT 'function', pronamespace, proname::text, proowner FROM pg_catalog.pg_proc
                UNION ALL SELECT 'type', typnamespace, typname::text, typowner FROM pg_catalog.pg_type
                UNION ALL SELECT 'operator', oprnamespace, oprname::text, oprowner FROM pg_catalog.pg_operator
                UNION ALL SELECT 'operator class', opcnamespace, opcname::text, opcowner FROM pg_catalog.pg_opclass
                UNION ALL SELECT 'operator family', opfnamespace, opfname::text, opfowner FROM pg_catalog.pg_opfamily
                UNION ALL SELECT 'collation', collnamespace, collname::text, collowner FROM pg_catalog.pg_collation
                UNION ALL SELECT 'conversion', connamespace, conname::text, conowner FROM pg_catalog.pg_conversion
                UNION ALL SELECT 'text search configuration', cfgnamespace, cfgname::text, cfgowner
                          FROM pg_catalog.pg_ts_config
                UNION ALL SELECT 'text search dictionary', dictnamespace, dictname::text, dictowner
                          FROM pg_catalog.pg_ts_dict
                UNION ALL SELECT 'text search parser', prsnamespace, prsname::text, 10::oid FROM pg_catalog.pg_ts_parser
                UNION ALL SELECT 'text search template', tmplnamespace, tmplname::text, 10::oid
                          FROM pg_catalog.pg_ts_template
                UNION ALL SELECT 'statistics', stxnamespace, stxname::text, stxowner FROM pg_catalog.pg_statistic_ext
                UNION ALL SELECT 'extension', extnamespace, extname::text, extowner FROM pg_catalog.pg_extension)
            SELECT o.kind, o.name, pg_catalog.pg_get_userbyid(o.owner)::text, o.owner = n.nspowner
            FROM object o JOIN pg_catalog.pg_namespace n ON n.oid = o.namespace
            WHERE n.nspname = ? ORDER BY o.kind, o.name
            """;

    /**
     * What is wrong with a schema.
     *
     * @param text what was found
     * @param advice what to do about it
     */
    public record Problem(String text, String advice) {}

    private final Connection database;
    private final String historySchema;
    private final String historyTable;

    /**
     * @param database in a transaction
     * @param historySchema where Flyway's history table lies
     */
    private SchemaOwnership(Connection database, String historySchema, String historyTable) {
        this.database = database;
        this.historySchema = historySchema;
        this.historyTable = historyTable;
    }

    /**
     * Makes sure of the schemas before a migration, and creates those that are not there: a schema that is the migrating role's
     * own stays its own, while one that Flyway found a moment later could be anybody's.
     *
     * @throws SchemaNotOurs saying what is wrong
     * @throws DatabaseUnavailable if the query fails, or a schema cannot be created
     */
    static void claim(PinnedDataSource database, String historySchema, String historyTable) {
        try {
            try {
                claimOnce(database, historySchema, historyTable);
            } catch (SQLException e) {
                if (!CREATED_MEANWHILE.contains(String.valueOf(e.getSQLState()))) {
                    throw e;
                }
                // Another migration of Leat may have created it.
                claimOnce(database, historySchema, historyTable);
            }
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }

    private static void claimOnce(PinnedDataSource database, String historySchema, String historyTable)
            throws SQLException {
        try (Connection connection = open(database)) {
            SchemaOwnership ownership = new SchemaOwnership(connection, historySchema, historyTable);
            List<Problem> problems = ownership.beforeMigration();
            if (!problems.isEmpty()) {
                throw new SchemaNotOurs(problems.stream()
                        .map(problem -> problem.text() + ": " + problem.advice() + ", then run `leat migrate` again")
                        .toList());
            }
            for (String schema : SCHEMAS) {
                if (ownership.owner(schema) == null) {
                    ownership.create(schema);
                }
            }
            connection.commit();
        }
    }

    /** One snapshot for all questions: another migration may be at work. */
    private static Connection open(PinnedDataSource database) throws SQLException {
        Connection connection = database.getConnection();
        try {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            }
            return connection;
        } catch (SQLException | RuntimeException | Error e) {
            try (connection) {
                throw e;
            }
        }
    }

    /**
     * What others own in Leat's schemas, or may create there. The schemas' owner need not be the role that asks.
     *
     * @throws DatabaseUnavailable if the query fails
     */
    public static List<Problem> problems(DataSource database) {
        try (Connection connection = open(PinnedDataSource.of(database))) {
            return new SchemaOwnership(connection, Migrations.HISTORY_SCHEMA, Migrations.HISTORY_TABLE).problems();
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }

    private List<Problem> beforeMigration() throws SQLException {
        List<Problem> problems = new ArrayList<>();
        String self =
                StatementRunner.rows(database, "SELECT current_user").get(0).get(0);
        boolean first = firstInstallation();
        Map<String, List<String>> foreign = new LinkedHashMap<>();
        for (String schema : SCHEMAS) {
            String owner = owner(schema);
            if (owner == null) {
                continue;
            }
            if (!owner.equals(self)) {
                foreign.computeIfAbsent(owner, role -> new ArrayList<>()).add(schema);
                continue;
            }
            problems.addAll(creators(schema));
            problems.addAll(objects(schema, first));
        }
        foreign.forEach((owner, schemas) -> problems.add(new Problem(
                (schemas.size() == 1 ? "the schema " : "the schemas ") + String.join(", ", schemas)
                        + (schemas.size() == 1 ? " belongs" : " belong") + " to role " + owner
                        + ", and `leat migrate` was started as role " + self,
                "if this is Leat's, log in as " + owner + "; if it is not, drop or rename it")));
        return problems;
    }

    private List<Problem> problems() throws SQLException {
        List<Problem> problems = new ArrayList<>();
        String first = null;
        for (String schema : SCHEMAS) {
            String owner = owner(schema);
            if (owner == null) {
                continue;
            }
            if (first != null && !first.equals(owner)) {
                problems.add(new Problem(
                        "the schema " + schema + " belongs to role " + owner + ", and the schema " + SCHEMAS.get(0)
                                + " to role " + first,
                        "give all of them to the role that is to own Leat"));
            }
            first = owner;
            problems.addAll(creators(schema));
            problems.addAll(objects(schema, false));
        }
        return problems;
    }

    private void create(String schema) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute("CREATE SCHEMA " + schema);
        }
    }

    private @Nullable String owner(String schema) throws SQLException {
        List<List<String>> owner = StatementRunner.rows(
                database,
                "SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace WHERE nspname = ?",
                schema);
        return owner.isEmpty() ? null : owner.get(0).get(0);
    }

    /** Whether no migration has begun here yet. One that failed half-way goes on with what it has made. */
    private boolean firstInstallation() throws SQLException {
        return StatementRunner.rows(database, """
                        SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = ? AND c.relname = ?
                        """, historySchema, historyTable).isEmpty();
    }

    private List<Problem> creators(String schema) throws SQLException {
        return StatementRunner.rows(database, """
                        SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.format('%I', r.rolname) END
                        FROM pg_catalog.pg_namespace n
                        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) a
                        LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                        WHERE n.nspname = ? AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
                        ORDER BY 1
                        """, schema).stream()
                .map(row -> row.get(0))
                .map(role -> new Problem(
                        (role.equals("PUBLIC") ? "every role" : "role " + role) + " may create objects in the schema "
                                + schema,
                        "REVOKE CREATE ON SCHEMA " + schema + " FROM " + role))
                .toList();
    }

    private List<Problem> objects(String schema, boolean first) throws SQLException {
        List<String> strange = new ArrayList<>();
        for (List<String> row : StatementRunner.rows(database, OBJECTS, schema)) {
            if (first || !row.get(3).equals("t")) {
                strange.add(row.get(0) + " " + row.get(1) + " of role " + row.get(2));
            }
        }
        if (strange.isEmpty()) {
            return List.of();
        }
        String some = String.join(", ", strange.subList(0, Math.min(NAMED, strange.size())))
                + (strange.size() > NAMED ? " and " + (strange.size() - NAMED) + " more" : "");
        return List.of(
                first
                        ? new Problem(
                                "the schema " + schema + " is not empty, and Leat is not installed in it: it holds "
                                        + some,
                                "drop or rename it")
                        : new Problem(
                                "the schema " + schema + " holds what its owner does not own: " + some, "drop that"));
    }
}
