package dev.leat.admin;

import dev.leat.jooq.Dsl;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Finds out which right a role lacks and which role can grant it. It reads only the catalog, which every role may read. */
public final class MissingRight {

    private final DSLContext database;
    private final String self;
    private final String selfAsText;
    private final String name;
    private final String databaseOwner;
    private final boolean mayCreate;
    private final @Nullable String owner;
    private final boolean own;

    /**
     * @param refused connects as the role that was refused
     * @throws org.jooq.exception.DataAccessException if the query fails
     */
    public MissingRight(DataSource refused) {
        database = Dsl.of(refused);
        Record found = database.fetchSingle("""
                SELECT format('%I', current_user), format('%L', current_user), format('%I', d.datname), format('%I', o.rolname),
                       has_database_privilege(d.oid, 'CREATE'),
                       (SELECT format('%I', r.rolname) FROM pg_catalog.pg_namespace n
                        JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'leat'),
                       EXISTS (SELECT FROM pg_catalog.pg_namespace n
                               WHERE n.nspname = 'leat' AND pg_has_role(n.nspowner, 'USAGE'))
                FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles o ON o.oid = d.datdba
                WHERE d.datname = current_database()
                """);
        self = found.get(0, String.class);
        selfAsText = found.get(1, String.class);
        name = found.get(2, String.class);
        databaseOwner = found.get(3, String.class);
        mayCreate = found.get(4, boolean.class);
        owner = found.get(5, String.class);
        own = found.get(6, boolean.class);
    }

    /** For {@code leat migrate}. */
    public String toMigrate() {
        if (owner != null && !own) {
            return "Leat belongs to role " + owner + " here: log in as " + owner + " to migrate";
        }
        return mayCreate
                ? "whoever owns that, or a superuser, gives role " + self + " the right"
                : "role " + self + " may not create schemas: the database's owner, " + databaseOwner
                        + ", or a superuser allows it by GRANT CREATE ON DATABASE " + name + " TO " + self;
    }

    /**
     * For {@code leat attach}, {@code leat detach}, {@code leat load}, {@code leat replay} and {@code leat reconcile}.
     *
     * @param tables as SQL writes them, with their schemas
     */
    public String toAttach(List<String> tables) {
        if (!own) {
            return "attach, detach, load, replay and reconcile are for the owner of Leat: log in as " + owner
                    + ", or as a member of that role, and not as " + self;
        }
        List<String> owners =
                database.fetch("""
                        SELECT DISTINCT format('%I', r.rolname)
                        FROM pg_catalog.unnest(?::pg_catalog.text[]) AS given (name)
                        CROSS JOIN LATERAL (SELECT CASE WHEN given.name ~ '^[0-9]+$' THEN '{}'
                                                        ELSE pg_catalog.parse_ident(given.name) END) AS part (names)
                        JOIN pg_catalog.pg_namespace n ON n.nspname = part.names[1]
                        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = part.names[2]
                        JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
                        WHERE NOT pg_has_role(r.oid, 'USAGE')
                        ORDER BY 1
                        """, (Object) tables.toArray(String[]::new)).getValues(0, String.class);
        return owners.isEmpty()
                ? "whoever owns that, or a superuser, gives role " + self + " the right"
                : "role " + self + " must be a member of the role that owns the table: GRANT "
                        + String.join(", ", owners) + " TO " + self;
    }

    /** For all that {@code leat.grant_poller} is enough for. */
    public String toPoll() {
        return own
                ? "whoever owns that, or a superuser, gives role " + self + " the right"
                : "the owner of Leat, " + owner + ", gives role " + self
                        + " what this needs by SELECT leat.grant_poller(" + selfAsText + ")";
    }
}
