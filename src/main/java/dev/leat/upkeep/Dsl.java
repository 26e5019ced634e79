package dev.leat.upkeep;

import dev.leat.database.PinnedConnection;
import dev.leat.database.PinnedDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jooq.ConnectionProvider;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** jOOQ as this package uses it. */
final class Dsl {

    private Dsl() {}

    /** Each statement, or each {@code transaction}, in a transaction on a connection of its own. */
    static DSLContext of(DataSource database) {
        return DSL.using(new Transactions(PinnedDataSource.of(database)), SQLDialect.POSTGRES);
    }

    /**
     * jOOQ reads rows, and asks the driver about their columns, after a statement has returned: that belongs into the
     * statement's transaction, which ends when jOOQ gives the connection back.
     */
    private record Transactions(PinnedDataSource database) implements ConnectionProvider {

        @Override
        public Connection acquire() {
            try {
                Connection connection = database.getConnection();
                try {
                    connection.setAutoCommit(false);
                    return connection;
                } catch (SQLException | RuntimeException | Error e) {
                    try (connection) {
                        throw e;
                    }
                }
            } catch (SQLException e) {
                throw refused("no connection", e);
            }
        }

        @Override
        public void release(@Nullable Connection connection) {
            if (connection == null) {
                return;
            }
            try (connection) {
                // One that has failed is rolled back by the close: what went wrong is said already.
                if (!connection.unwrap(PinnedConnection.class).failed()) {
                    connection.commit();
                }
            } catch (SQLException e) {
                throw refused("not committed", e);
            }
        }

        private static DataAccessException refused(String what, SQLException reason) {
            return new DataAccessException(what + ": " + reason.getMessage(), reason);
        }
    }
}
