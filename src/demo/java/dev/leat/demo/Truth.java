package dev.leat.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The schema {@code truth}: the committed changes, as triggers of the test recorded them without Leat. {@code truth.sql} explains it. */
public final class Truth {

    private final DataSource owner;

    public Truth(DataSource owner) {
        this.owner = owner;
    }

    /** Creates the schema. Tables are watched by {@code SELECT truth.watch(…)}. */
    public void install() throws SQLException {
        run(owner, script("truth.sql"));
    }

    /** The columns that identify a row, by the table's name as in partition keys. */
    public Map<String, List<String>> identities() throws SQLException {
        try (Connection connection = owner.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT table_name, identity FROM truth.watched")) {
            Map<String, List<String>> identities = new HashMap<>();
            while (rows.next()) {
                String[] columns = (String[]) rows.getArray(2).getArray();
                identities.put(rows.getString(1), Arrays.asList(columns));
            }
            return identities;
        }
    }

    /**
     * Takes the changes that were committed since the last call, each history in the order of its commits. The changes before a change of a
     * history were committed before it, so no history has a gap.
     */
    public List<Change> take() throws SQLException {
        try (Connection connection = owner.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("WITH taken AS (DELETE FROM truth.change RETURNING *)"
                        + " SELECT history, op, before, after FROM taken ORDER BY position")) {
            List<Change> changes = new ArrayList<>();
            while (rows.next()) {
                changes.add(new Change(
                        Objects.requireNonNull(rows.getString(1)),
                        Objects.requireNonNull(rows.getString(2)),
                        number(rows, 3),
                        number(rows, 4)));
            }
            return changes;
        }
    }

    private static @Nullable Long number(ResultSet rows, int column) throws SQLException {
        long value = rows.getLong(column);
        return rows.wasNull() ? null : value;
    }

    static void run(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static String script(String name) {
        try (InputStream script = Objects.requireNonNull(Truth.class.getResourceAsStream(name), name)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
