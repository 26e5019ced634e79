package dev.leat.upkeep;

import dev.leat.database.PinnedDataSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Leat's migrations, with a history table of their own in the schema {@code leat_internal}: an application's own Flyway neither sees
 * them nor is disturbed by them.
 */
public final class Migrations {

    /** Where the scripts lie on the class path, for an application that runs them by its own Flyway. */
    public static final String LOCATION = "classpath:dev/leat/migration";

    /** What {@code leat.schema_version()} answers when the schema fits this Leat. */
    public static final int SCHEMA_VERSION = 1;

    static final String HISTORY_SCHEMA = "leat_internal";
    static final String HISTORY_TABLE = "flyway_schema_history";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Migrations() {}

    /**
     * Brings the schema up to this version.
     *
     * @param owner connects as the role that is to own Leat
     * @return how many scripts ran
     * @throws SchemaNotOurs when a schema of Leat's belongs to another role, or holds what is not Leat's
     * @throws MigrationLocked when another session holds the lock that keeps migrations apart
     */
    public static int migrate(DataSource owner) {
        return migrate(owner, remark -> {});
    }

    /**
     * The same.
     *
     * @param told what was missing in a database that lost rows of Leat's and is back, and what has to be done by hand
     */
    public static int migrate(DataSource owner, Consumer<String> told) {
        return migrate(owner, PATIENCE, told);
    }

    /**
     * @param patience how long the lock that keeps migrations apart is waited for
     */
    static int migrate(DataSource owner, Duration patience, Consumer<String> told) {
        PinnedDataSource database = PinnedDataSource.of(owner);
        MigrationLock lock = new MigrationLock(database, HISTORY_SCHEMA, HISTORY_TABLE);
        lock.await(patience, System::nanoTime);
        SchemaOwnership.claim(database, HISTORY_SCHEMA, HISTORY_TABLE);
        LostRows lost = new LostRows(database, told);
        lost.beforeScripts();
        try {
            int scripts = flyway(database, patience).migrate().migrationsExecuted;
            lost.afterScripts();
            return scripts;
        } catch (FlywayException e) {
            String holder = lock.holder();
            throw holder.isEmpty() ? e : lock.held(holder);
        }
    }

    /** What others own in Leat's schemas, or may create there. */
    static List<Finding> strangers(DataSource database) {
        return SchemaOwnership.problems(PinnedDataSource.of(database), HISTORY_SCHEMA, HISTORY_TABLE);
    }

    /**
     * How the schema stands to this Leat, whoever ran the scripts.
     *
     * @throws dev.leat.DatabaseUnavailable when the database cannot be asked, or the role may not use the schema
     */
    public static SchemaState state(DataSource database) {
        UpkeepSql sql = new UpkeepSql(database);
        // By the catalog: a name that does not resolve, or a schema without USAGE, would be an error.
        Object present = sql.run("""
                SELECT 1 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'leat' AND p.proname = 'schema_version'
                """);
        if (present == null) {
            return new SchemaState.Absent();
        }
        int found = ((Number) Objects.requireNonNull(sql.run("SELECT leat.schema_version()"))).intValue();
        if (found < SCHEMA_VERSION) {
            return new SchemaState.Older(found, SCHEMA_VERSION);
        }
        return found == SCHEMA_VERSION ? new SchemaState.Current(found) : new SchemaState.Newer(found, SCHEMA_VERSION);
    }

    private static Flyway flyway(PinnedDataSource database, Duration patience) {
        return Flyway.configure()
                .dataSource(FlywayConnections.of(database))
                .schemas(HISTORY_SCHEMA)
                .table(HISTORY_TABLE)
                .locations(LOCATION)
                // Flyway tries once a second.
                .lockRetryCount((int) patience.toSeconds())
                .load();
    }
}
