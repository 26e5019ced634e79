package dev.leat.upkeep;

import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * Leat's migrations, with a history table of their own in the schema {@code leat}: an application's own Flyway neither sees
 * them nor is disturbed by them.
 */
public final class Migrations {

    /** Where the scripts lie on the class path, for an application that runs them by its own Flyway. */
    public static final String LOCATION = "classpath:dev/leat/migration";

    /** What {@code leat.schema_version()} answers when the schema fits this Leat. */
    public static final int SCHEMA_VERSION = 1;

    private Migrations() {}

    /**
     * Brings the schema up to this version.
     *
     * @param owner connects as the role that is to own the schema {@code leat}
     * @return how many scripts ran
     */
    public static int migrate(DataSource owner) {
        return flyway(owner).migrate().migrationsExecuted;
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

    private static Flyway flyway(DataSource owner) {
        return Flyway.configure()
                .dataSource(owner)
                .schemas("leat_internal")
                .locations(LOCATION)
                .load();
    }
}
