package dev.leat.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jooq.DSLContext;
import org.jooq.Record;

/** Checks that all changes of the attached tables are captured in order. */
final class CaptureInspection {

    private static final Set<String> SOUND = Set.of("enabled", "not wanted");

    private final DSLContext database;
    private final List<Finding> findings = new ArrayList<>();

    CaptureInspection(DSLContext database) {
        this.database = database;
    }

    List<Finding> findings() {
        int attached = 0;
        for (Record row : database.fetch("""
                SELECT CASE WHEN table_name IS NULL THEN relation::text ELSE format('%I.%I', schema_name, table_name) END,
                       row_trigger, truncate_trigger, problems
                FROM leat.attached() ORDER BY attachment
                """)) {
            attached++;
            table(row);
        }
        if (attached == 0) {
            findings.add(Finding.warn("tables", "none is attached", "leat attach public.some_table"));
        }
        return findings;
    }

    private void table(Record row) {
        String table = row.get(0, String.class);
        boolean captured = SOUND.contains(row.get(1, String.class)) && SOUND.contains(row.get(2, String.class));
        List<String> problems = List.of(row.get(3, String[].class));
        if ("dropped".equals(row.get(1, String.class))) {
            findings.add(Finding.warn("table " + table, "it was dropped", String.join("; ", problems)));
        } else if ("not attached".equals(row.get(1, String.class))) {
            findings.add(Finding.fail(
                    "table " + table, "its changes are not captured any more", String.join("; ", problems)));
        } else if (!captured) {
            findings.add(Finding.fail(
                    "table " + table,
                    "its changes are not all captured: row trigger " + row.get(1, String.class) + ", truncate trigger "
                            + row.get(2, String.class),
                    String.join("; ", problems)));
        } else if (!problems.isEmpty()) {
            findings.add(Finding.warn("table " + table, "captured, with a reserve", String.join("; ", problems)));
        } else {
            findings.add(Finding.ok("table " + table, "captured"));
        }
    }
}
