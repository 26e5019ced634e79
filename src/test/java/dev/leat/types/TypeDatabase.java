package dev.leat.types;

import dev.leat.testkit.TestDatabase;
import dev.leat.testkit.TestServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A database with all the types that {@code values.txt} lists, and a poller that publishes its changes. */
final class TypeDatabase implements AutoCloseable {

    private final TestDatabase database = TestServer.shared().database();
    private final TypeValues listed;
    private final Set<String> types;
    private final @Nullable Changes changes;

    TypeDatabase() {
        this(true);
    }

    /** The same, where events stay in the outbox. */
    static TypeDatabase withoutPoller() {
        return new TypeDatabase(false);
    }

    private TypeDatabase(boolean polled) {
        listed = TypeValues.read(Integer.parseInt(
                String.valueOf(database.value("SELECT current_setting('server_version_num')::int / 10000"))));
        types = new TreeSet<>(listed.values().keySet());
        for (String extension : listed.extensions()) {
            try {
                database.superuser("CREATE EXTENSION " + extension);
            } catch (IllegalStateException e) {
                System.out.println("the type " + extension + " is left out: " + e.getCause());
                types.remove(extension);
            }
        }
        if (types.contains("hstore")) {
            // Capture calls no cast of a type's owner; nor is row_to_json to, which says what is expected.
            database.superuser("ALTER EXTENSION hstore DROP CAST (hstore AS json); DROP CAST (hstore AS json)");
        }
        listed.statements().forEach(database::run);
        try {
            changes = polled ? new Changes(database) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    TestDatabase database() {
        return database;
    }

    Changes changes() {
        return Objects.requireNonNull(changes, "no poller runs");
    }

    /** The types that this server has, as SQL writes them. */
    Set<String> types() {
        return types;
    }

    /** Types that are left out, with why. */
    Map<String, String> reasons() {
        return listed.reasons();
    }

    /** SQL expressions. */
    List<String> values(String type) {
        return listed.values().getOrDefault(type, List.of());
    }

    /** The statements that put values into columns {@code id} and another one of a table, counting from 1. */
    static String inserts(String table, String column, String type, List<String> expressions) {
        StringBuilder inserts = new StringBuilder();
        for (int i = 0; i < expressions.size(); i++) {
            inserts.append("INSERT INTO " + table + " (id, " + column + ") VALUES (" + (i + 1) + ", CAST(("
                    + expressions.get(i) + ") AS " + type + "));");
        }
        return inserts.toString();
    }

    static String escaped(String text) {
        return text.replace("'", "''");
    }

    @Override
    public void close() {
        if (changes != null) {
            changes.close();
        }
        database.close();
    }
}
