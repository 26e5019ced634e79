package dev.leat.schema;

import dev.leat.database.PinnedDataSource;
import dev.leat.database.StatementRunner;
import dev.leat.pipeline.SchemaVersions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/**
 * Leat's migrations, with a history table of their own in the schema {@code leat_internal}: an application's own Flyway neither sees
 * them nor is disturbed by them.
 */
public final class Migrations {

    /** Where the scripts lie on the class path, for an application that runs them by its own Flyway. */
    public static final String LOCATION = "classpath:dev/leat/migration";

    static final String HISTORY_SCHEMA = "leat_internal";
    static final String HISTORY_TABLE = "flyway_schema_history";

    static final String PRESENT = """
            SELECT 1 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = 'leat' AND p.proname IN ('schema_version', 'oldest_poller') HAVING count(*) = 2
            """;
    static final String VERSIONS = "SELECT leat.schema_version(), leat.oldest_poller()";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Migrations() {}

    /**
     * Brings the schema up to this version, all scripts in one transaction. A schema that a later Leat has made and that serves this one's
     * pollers is left as it is: so an instance of an application's former release can start while a fleet is rolled.
     *
     * @param owner connects as the role that is to own Leat
     * @return how many scripts ran
     * @throws SchemaNotOurs when a schema of Leat's belongs to another role, holds what is not Leat's, or was made by a later Leat and does not
     *     serve this one's pollers
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
        if (state(database) instanceof SchemaState.Present present && present.later()) {
            if (!present.usable()) {
                throw new SchemaNotOurs(List.of(present.advice()));
            }
            told.accept("a later Leat has made the schema, version "
                    + present.versions().found() + ", and it serves this one's pollers: nothing is done");
            return 0;
        }
        LostRows lost = new LostRows(database, told);
        Flyway flyway = flyway(database, patience, LOCATION);
        lost.beforeScripts(() -> latest(flyway));
        try {
            int scripts = flyway.migrate().migrationsExecuted;
            lost.afterScripts();
            return scripts;
        } catch (FlywayException e) {
            String holder = lock.holder();
            throw holder.isEmpty() ? e : lock.held(holder);
        }
    }

    /**
     * How the schema stands to this Leat, whoever ran the scripts.
     *
     * @throws dev.leat.pipeline.DatabaseUnavailable if the query fails, or the role may not use the schema
     */
    public static SchemaState state(DataSource database) {
        StatementRunner sql = new StatementRunner(database);
        // By the catalog: a name that does not resolve, or a schema without USAGE, would be an error.
        if (sql.run(PRESENT) == null) {
            return new SchemaState.Absent();
        }
        List<@Nullable Object> versions = sql.row(notice -> {}, VERSIONS);
        return new SchemaState.Present(new SchemaVersions(number(versions.get(0)), number(versions.get(1))));
    }

    private static int number(@Nullable Object value) {
        return ((Number) Objects.requireNonNull(value)).intValue();
    }

    /** The number of the latest script that has one. */
    private static String latest(Flyway flyway) {
        return Arrays.stream(flyway.info().all())
                .map(MigrationInfo::getVersion)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElseThrow()
                .getVersion();
    }

    static Flyway flyway(PinnedDataSource database, Duration patience, String location) {
        return Flyway.configure()
                .dataSource(FlywayConnections.of(database))
                .schemas(HISTORY_SCHEMA)
                .table(HISTORY_TABLE)
                .locations(location)
                // All scripts run in one transaction, so that no schema is a mixture of two versions.
                .group(true)
                .callbacks(new NoLaterSchema())
                // Flyway tries once a second.
                .lockRetryCount((int) patience.toSeconds())
                .load();
    }
}
