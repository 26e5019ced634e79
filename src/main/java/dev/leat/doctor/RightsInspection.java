package dev.leat.doctor;

import java.util.ArrayList;
import java.util.List;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * Checks that Leat's owner has only the rights that it needs, and that no other role has rights that only the owner and its chosen roles
 * should have.
 */
final class RightsInspection {

    /** The most roles or objects that a finding names. */
    private static final int NAMED = 5;

    private final DSLContext database;
    private final List<Finding> findings = new ArrayList<>();

    RightsInspection(DSLContext database) {
        this.database = database;
    }

    List<Finding> findings() {
        owner();
        foreignRights();
        return findings;
    }

    private void owner() {
        Record roles = database.fetchSingle("""
                SELECT o.rolname, o.rolsuper, s.rolsuper AND NOT o.rolsuper, s.rolname
                FROM pg_catalog.pg_namespace n
                JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
                JOIN pg_catalog.pg_roles s ON s.rolname = current_user
                WHERE n.nspname = 'leat_internal'
                """);
        String owner = roles.get(0, String.class);
        if (roles.get(1, boolean.class)) {
            findings.add(
                    Finding.warn(
                            "owner",
                            "Leat belongs to " + owner
                                    + ", a superuser, and its triggers run in everybody's transactions",
                            "give Leat to a role without attributes: ALTER SCHEMA, ALTER TABLE, ALTER FUNCTION … OWNER TO; see docs/security.md"));
        } else if (roles.get(2, boolean.class)) {
            findings.add(Finding.warn(
                    "owner",
                    "this role, " + roles.get(3, String.class) + ", is a superuser, and Leat's functions belong to "
                            + owner + ": whoever is that role can have code of theirs run as superuser by each command",
                    "log in as " + owner + " or as a poller"));
        } else {
            findings.add(Finding.ok("owner", owner + ", no superuser"));
        }
    }

    private void foreignRights() {
        List<String> rights =
                database.fetch("SELECT r FROM leat.foreign_rights() AS r").getValues(0, String.class);
        if (rights.isEmpty()) {
            findings.add(Finding.ok(
                    "grants", "nobody holds a right on Leat's objects but by leat.grant_poller and the like"));
        } else {
            findings.add(Finding.fail(
                    "grants",
                    some(rights),
                    "REVOKE what nobody should have; what a poller needs is given by leat.grant_poller('role')"));
        }
    }

    private static String some(List<String> all) {
        return String.join("; ", all.subList(0, Math.min(NAMED, all.size())))
                + (all.size() > NAMED ? "; and " + (all.size() - NAMED) + " more" : "");
    }
}
