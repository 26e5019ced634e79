package dev.leat.upkeep;

import dev.leat.DatabaseUnavailable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs the statements of a poller's duties, each by itself. By JDBC alone: a poller's start should not load what builds
 * statements, nor its idle seconds render them.
 */
final class UpkeepSql {

    private final DataSource database;

    UpkeepSql(DataSource database) {
        this.database = database;
    }

    /**
     * Runs one statement.
     *
     * @param parameters as the driver takes them; arrays too
     * @return the first column of its first row; null if it has no row, or it is null there
     * @throws DatabaseUnavailable with the database's own words
     */
    @Nullable
    Object run(String sql, @Nullable Object... parameters) {
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            if (!statement.execute()) {
                return null;
            }
            try (ResultSet rows = statement.getResultSet()) {
                return rows.next() ? rows.getObject(1) : null;
            }
        } catch (SQLException e) {
            throw new DatabaseUnavailable(String.valueOf(e.getMessage()), e);
        }
    }
}
