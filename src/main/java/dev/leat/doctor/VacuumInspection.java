package dev.leat.doctor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jooq.DSLContext;
import org.jooq.Record;

/** Checks that vacuum removes dead rows from the outbox. A queue in PostgreSQL becomes slow without that. */
final class VacuumInspection {

    private final DSLContext database;
    private final Duration longOpen;
    private final Duration longPrepared;
    private final List<Finding> findings = new ArrayList<>();

    VacuumInspection(DSLContext database) {
        this(database, Duration.ofMinutes(10), Duration.ofMinutes(1));
    }

    VacuumInspection(DSLContext database, Duration longOpen, Duration longPrepared) {
        this.database = database;
        this.longOpen = longOpen;
        this.longPrepared = longPrepared;
    }

    List<Finding> findings() {
        autovacuum();
        longTransactions();
        preparedTransactions();
        slots();
        return findings;
    }

    private void autovacuum() {
        Record outbox = database.fetchSingle("""
                SELECT current_setting('autovacuum')::boolean,
                       coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
                                 WHERE option_name = 'autovacuum_enabled'), true),
                       coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions)
                                 WHERE option_name = 'autovacuum_vacuum_scale_factor'), -1),
                       pg_stat_get_dead_tuples(c.oid)
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'leat_internal' AND c.relname = 'outbox'
                """);
        if (!outbox.get(0, boolean.class)) {
            findings.add(Finding.warn("vacuum", "autovacuum is off on this server", "set autovacuum = on"));
        } else if (!outbox.get(1, boolean.class)) {
            findings.add(Finding.warn(
                    "vacuum",
                    "autovacuum is off for leat_internal.outbox",
                    "ALTER TABLE leat_internal.outbox RESET (autovacuum_enabled)"));
        } else if (outbox.get(2, double.class) != 0) {
            findings.add(
                    Finding.warn(
                            "vacuum",
                            "autovacuum of leat_internal.outbox goes by its size, not by a threshold",
                            "ALTER TABLE leat_internal.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)"));
        } else {
            findings.add(Finding.ok(
                    "vacuum",
                    "autovacuum is on; about " + outbox.get(3, Long.class) + " dead rows in leat_internal.outbox"));
        }
    }

    private void longTransactions() {
        boolean seesAll = database.fetchSingle("SELECT pg_has_role('pg_read_all_stats', 'USAGE')")
                .get(0, boolean.class);
        List<String> old = new ArrayList<>();
        for (Record row : database.fetch("""
                SELECT pid, usename, extract(epoch FROM clock_timestamp() - xact_start)::bigint, state
                FROM pg_catalog.pg_stat_activity
                WHERE xact_start < clock_timestamp() - make_interval(secs => ?) AND backend_type = 'client backend'
                  AND pid <> pg_backend_pid()
                ORDER BY xact_start LIMIT 5
                """, longOpen.toSeconds())) {
            old.add("backend " + row.get(0) + " of " + row.get(1) + " for " + row.get(2) + " s (" + row.get(3) + ")");
        }
        if (!old.isEmpty()) {
            findings.add(Finding.warn(
                    "transactions",
                    "open for long, which keeps dead rows in the outbox: " + String.join(", ", old),
                    "end them: SELECT pg_terminate_backend(pid)"));
        } else {
            findings.add(Finding.ok(
                    "transactions",
                    "none is open for more than " + longOpen.toMinutes() + " minutes"
                            + (seesAll ? "" : ", as far as this role sees (GRANT pg_read_all_stats shows others')")));
        }
    }

    private void preparedTransactions() {
        List<String> old = database.fetch("""
                        SELECT gid FROM pg_catalog.pg_prepared_xacts
                        WHERE database = current_database() AND prepared < clock_timestamp() - make_interval(secs => ?)
                        ORDER BY prepared LIMIT 5
                        """, longPrepared.toSeconds()).getValues(0, String.class);
        if (!old.isEmpty()) {
            findings.add(Finding.warn(
                    "prepared",
                    "transactions prepared long ago and not ended: " + String.join(", ", old)
                            + "; one that wrote events stops all later events that wait for lower ids",
                    "COMMIT PREPARED or ROLLBACK PREPARED"));
        }
    }

    private void slots() {
        List<String> idle = database.fetch("""
                        SELECT slot_name::text FROM pg_catalog.pg_replication_slots
                        WHERE xmin IS NOT NULL AND NOT active ORDER BY 1
                        """).getValues(0, String.class);
        if (!idle.isEmpty()) {
            findings.add(Finding.warn(
                    "slots",
                    "replication slots that nobody uses keep dead rows in the outbox: " + String.join(", ", idle),
                    "SELECT pg_drop_replication_slot('name')"));
        }
    }
}
