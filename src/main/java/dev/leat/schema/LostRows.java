package dev.leat.schema;

import dev.leat.database.PinnedDataSource;
import dev.leat.database.StatementRunner;
import dev.leat.pipeline.DatabaseUnavailable;
import dev.leat.pipeline.SchemaVersions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Restores rows that Leat's tables lost, by TRUNCATE of all tables or by a restore from a dump without data. Flyway would then create
 * tables that exist already. Rows that can be restored are restored; the others are reported.
 */
final class LostRows {

    /** The row that Flyway writes for a schema that existed before: it does not run versioned scripts up to this version. */
    private static final String BASELINE = """
            INSERT INTO leat_internal.flyway_schema_history
                   (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
            SELECT 1, ?, '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, current_user, 0, true
            WHERE NOT EXISTS (SELECT FROM leat_internal.flyway_schema_history)
            """;

    private final PinnedDataSource database;
    private final Consumer<String> told;

    /**
     * @param database as Leat's owner
     * @param told receives a line for each loss
     */
    LostRows(PinnedDataSource database, Consumer<String> told) {
        this.database = database;
        this.told = told;
    }

    /**
     * If the tables exist and Flyway's history is empty, writes to the history that they exist.
     *
     * @param latest the latest version of the versioned scripts
     * @throws SchemaNotOurs if the tables may have another version
     */
    void beforeScripts(Supplier<String> latest) {
        if (exists("flyway_schema_history") && exists("outbox") && historyIsEmpty()) {
            SchemaState state = Migrations.state(database);
            if (state instanceof SchemaState.Absent) {
                // An installation that failed before its end: Flyway reports what it cannot create.
                return;
            }
            if (!(state instanceof SchemaState.Present present)
                    || present.versions().found() != SchemaVersions.MADE) {
                throw new SchemaNotOurs(List.of("Leat's tables have another version, and the rows of"
                        + " leat_internal.flyway_schema_history, which record the migrations, are missing: copy these rows from the"
                        + " database that this one was created from (pg_dump --data-only"
                        + " --table=leat_internal.flyway_schema_history), then run `leat migrate` again"));
            }
            told.accept(
                    "the rows of leat_internal.flyway_schema_history were missing, but the tables exist: Leat uses them as they are");
            rights().forEach(told);
            run(BASELINE, latest.get());
        }
    }

    /** Restores the rows that Leat depends on. */
    void afterScripts() {
        Object back = new StatementRunner(database).run("SELECT leat_poller.put_rows()");
        if (back != null) {
            told.accept(back.toString());
            rights().forEach(told);
        }
    }

    /** Reports grants: the scripts revoke rights for which no grant is recorded. */
    private List<String> rights() {
        return rows("""
                        SELECT DISTINCT pg_catalog.format('the record that role %1$s has rights is lost: run SELECT leat.grant_%2$s(%1$L)',
                                                          r.rolname, k.kind)
                        FROM (VALUES ('poller', 'leat_poller'), ('publisher', 'leat')) AS k (kind, schema)
                        JOIN pg_catalog.pg_namespace n ON n.nspname = k.schema
                        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
                        JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                        WHERE a.grantee <> n.nspowner
                          AND NOT EXISTS (SELECT FROM leat_internal.granted g WHERE g.role = a.grantee)
                          AND (k.kind = 'poller' OR NOT pg_catalog.has_schema_privilege(a.grantee, 'leat_poller', 'USAGE'))
                        """).stream().map(row -> row.get(0)).toList();
    }

    private boolean exists(String table) {
        return new StatementRunner(database)
                        .run("SELECT pg_catalog.to_regclass('leat_internal.' || ?)::pg_catalog.text", table)
                != null;
    }

    private boolean historyIsEmpty() {
        return rows("SELECT FROM leat_internal.flyway_schema_history LIMIT 1").isEmpty();
    }

    private void run(String sql, String parameter) {
        @Nullable Object unused = new StatementRunner(database).run(sql, parameter);
    }

    private List<List<String>> rows(String sql) {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            return StatementRunner.rows(connection, sql);
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }
}
