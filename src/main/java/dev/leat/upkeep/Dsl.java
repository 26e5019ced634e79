package dev.leat.upkeep;

import java.sql.Connection;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/** jOOQ as this package uses it. */
final class Dsl {

    private Dsl() {}

    /** Each statement, or each {@code transaction}, on a connection of its own. */
    static DSLContext of(DataSource database) {
        return DSL.using(database, SQLDialect.POSTGRES);
    }

    static DSLContext of(Connection connection) {
        return DSL.using(connection, SQLDialect.POSTGRES);
    }
}
