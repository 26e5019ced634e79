package dev.leat.status;

import java.util.List;
import org.jooq.DSLContext;

/** What is wrong with Leat's own tables, as {@code leat_poller.table_faults()} has it. */
public final class TableFaults {

    private TableFaults() {}

    /**
     * @param severe events may be lost, refused or not published, or somebody's code runs with the rights of Leat's owner
     */
    public record TableFault(boolean severe, String text, String remedy) {}

    public static List<TableFault> of(DSLContext database) {
        return database.fetch("SELECT severe, fault, remedy FROM leat_poller.table_faults()")
                .map(row ->
                        new TableFault(row.get(0, boolean.class), row.get(1, String.class), row.get(2, String.class)));
    }
}
