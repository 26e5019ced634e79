package dev.leat.database;

import dev.leat.pipeline.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs statements by JDBC, each in a transaction of its own. It does not use jOOQ, because loading jOOQ would delay a poller's start, and
 * rendering statements would cost CPU while it is idle.
 */
public final class StatementRunner {

    /**
     * What a called function does not set for itself. Not the search_path: from PostgreSQL 18 on the driver prepares all the connection's
     * statements anew when it changes.
     */
    private static final String SETTINGS = """
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            SELECT pg_catalog.set_config('quote_all_identifiers', 'off', true),
                   pg_catalog.set_config('standard_conforming_strings', 'on', true),
                   pg_catalog.set_config('array_nulls', 'on', true),
                   pg_catalog.set_config('statement_timeout', '60s', true),
                   pg_catalog.set_config('tcp_user_timeout', '20s', true),
                   pg_catalog.set_config('idle_in_transaction_session_timeout', '10s', true);
            """;

    private final PinnedDataSource database;

    public StatementRunner(DataSource database) {
        this.database = PinnedDataSource.of(database);
    }

    /**
     * Calls a function with fewer statements than {@link #row}, for what a poller does all day.
     *
     * @param sql a query that calls one of Leat's functions by its qualified name, with no operator
     * @param parameters as the driver takes them; arrays too
     * @return the columns of its first row; none if it has no row
     * @throws DatabaseUnavailable with the database's own words
     */
    public List<@Nullable Object> call(String sql, @Nullable Object... parameters) {
        return call(warning -> {}, sql, parameters);
    }

    /** The same. The database's warnings, not what it only remarks, go to {@code warned}. */
    public List<@Nullable Object> call(Consumer<String> warned, String sql, @Nullable Object... parameters) {
        try (Connection connection = database.raw().getConnection()) {
            connection.setAutoCommit(false);
            List<@Nullable Object> row = last(warned, connection, SETTINGS + sql, parameters);
            connection.commit();
            return row;
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Runs one statement.
     *
     * @param parameters as the driver takes them; arrays too
     * @return the first column of its first row; null if it has no row, or it is null there
     * @throws DatabaseUnavailable with the database's own words
     */
    @Nullable
    public Object run(String sql, @Nullable Object... parameters) {
        List<@Nullable Object> row = row(sql, parameters);
        return row.isEmpty() ? null : row.get(0);
    }

    /**
     * Runs one statement.
     *
     * @param parameters as the driver takes them; arrays too
     * @return the columns of its first row; none if it has no row
     * @throws DatabaseUnavailable with the database's own words
     */
    public List<@Nullable Object> row(String sql, @Nullable Object... parameters) {
        return row(warning -> {}, sql, parameters);
    }

    /** The same. The database's warnings, not what it only remarks, go to {@code warned}. */
    public List<@Nullable Object> row(Consumer<String> warned, String sql, @Nullable Object... parameters) {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            last(warned, connection, "SET LOCAL statement_timeout = '60s'");
            List<@Nullable Object> row = last(warned, connection, sql, parameters);
            connection.commit();
            return row;
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Runs a query in a transaction that is open already.
     *
     * @return its rows, each column as text; null as an empty one
     */
    public static List<List<String>> rows(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<List<String>> all = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    List<String> row = new ArrayList<>();
                    for (int column = 1; column <= columns; column++) {
                        row.add(Objects.requireNonNullElse(rows.getString(column), ""));
                    }
                    all.add(row);
                }
            }
            return all;
        }
    }

    /** The first row of the last statement. */
    private static List<@Nullable Object> last(
            Consumer<String> warned, Connection connection, String sql, @Nullable Object... parameters)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            boolean rowsCome = statement.execute();
            for (SQLWarning each = statement.getWarnings(); each != null; each = each.getNextWarning()) {
                if ("01000".equals(each.getSQLState())) {
                    warned.accept(String.valueOf(each.getMessage()));
                }
            }
            List<@Nullable Object> last = List.of();
            while (rowsCome || statement.getUpdateCount() != -1) {
                last = rowsCome ? first(statement.getResultSet()) : List.of();
                rowsCome = statement.getMoreResults();
            }
            return last;
        }
    }

    private static List<@Nullable Object> first(ResultSet rows) throws SQLException {
        List<@Nullable Object> row = new ArrayList<>();
        if (rows.next()) {
            for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                row.add(rows.getObject(column));
            }
        }
        return row;
    }
}
