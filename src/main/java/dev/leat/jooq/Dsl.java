package dev.leat.jooq;

import dev.leat.database.PinnedDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jooq.ConnectionProvider;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;
import org.jooq.impl.DefaultTransactionProvider;
import org.jspecify.annotations.Nullable;

/** jOOQ as Leat uses it. */
public final class Dsl {

    private Dsl() {}

    /**
     * Each statement by itself, which can only read, or each {@code transaction}; on a connection of its own. jOOQ does not say
     * when the commit of a statement by itself was refused.
     */
    public static DSLContext of(DataSource any) {
        PinnedDataSource database = PinnedDataSource.of(any);
        return DSL.using(new DefaultConfiguration()
                .set(SQLDialect.POSTGRES)
                .set(new Connections(database, "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '60s'"))
                .set(new DefaultTransactionProvider(new Connections(database, ""))));
    }

    /**
     * jOOQ reads rows, and asks the driver about their columns, after a statement has returned: that belongs into the
     * statement's transaction. What jOOQ has not committed when it gives the connection back is rolled back.
     *
     * @param begin what to begin the transaction with
     */
    private record Connections(PinnedDataSource database, String begin) implements ConnectionProvider {

        @Override
        public Connection acquire() {
            try {
                return open();
            } catch (SQLException e) {
                throw new DataAccessException("no connection: " + e.getMessage(), e);
            }
        }

        private Connection open() throws SQLException {
            Connection connection = database.getConnection();
            try {
                connection.setAutoCommit(false);
                if (!begin.isEmpty()) {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(begin);
                    }
                }
                return connection;
            } catch (SQLException | RuntimeException | Error e) {
                try (connection) {
                    throw e;
                }
            }
        }

        @Override
        public void release(@Nullable Connection connection) {
            if (connection == null) {
                return;
            }
            try {
                connection.close();
            } catch (SQLException e) {
                throw new DataAccessException("the connection was not given back: " + e.getMessage(), e);
            }
        }
    }
}
