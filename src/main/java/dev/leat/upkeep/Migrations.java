package dev.leat.upkeep;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * Leat's migrations, with a history table of their own in the schema {@code leat}: an application's own Flyway neither sees
 * them nor is disturbed by them.
 */
public final class Migrations {

    /** Where the scripts lie on the class path, for an application that runs them by its own Flyway. */
    public static final String LOCATION = "classpath:dev/leat/migration";

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

    private static Flyway flyway(DataSource owner) {
        return Flyway.configure()
                .dataSource(owner)
                .schemas("leat")
                .locations(LOCATION)
                .load();
    }
}
