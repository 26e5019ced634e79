package dev.leat.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** One connection of a role, which keeps the state of the session: plans, settings, a transaction. */
public final class Session implements AutoCloseable {

    private final Connection connection;

    public Session(Connection connection) {
        this.connection = connection;
    }

    /** What the server said to a statement that it refused. */
    public record Refusal(
            String state, String message, @Nullable String hint) {}

    public Connection connection() {
        return connection;
    }

    /** Runs statements in one implicit transaction, or in the one that is open. */
    public void run(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** The warnings and notices that statements gave. */
    public List<String> warnings(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            List<String> warnings = new ArrayList<>();
            for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                warnings.add(String.valueOf(warning.getMessage()));
            }
            return warnings;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** The first column of the first row. */
    public @Nullable String value(String sql) {
        try {
            return TestDatabase.rows(connection, sql).get(0).get(0);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + sql, e);
        }
    }

    /** Runs a statement that must be refused. */
    public Refusal refusal(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (PSQLException e) {
            ServerErrorMessage said = Objects.requireNonNull(e.getServerErrorMessage());
            return new Refusal(String.valueOf(said.getSQLState()), String.valueOf(said.getMessage()), said.getHint());
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
        throw new AssertionError("not refused: " + sql);
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
