package dev.leat.app.mapping;

import dev.leat.dms.TablePlan;
import dev.leat.dms.attachment.Applicability;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of the database with what a file does with it.
 *
 * @param applicability null: the table is not selected
 * @param attached whether it is, or would be, attached
 */
record PlannedTable(TablePlan plan, @Nullable Applicability applicability, boolean attached) {

    static PlannedTable of(TablePlan plan) {
        if (!plan.selected()) {
            return new PlannedTable(plan, null, false);
        }
        Applicability applicability = Applicability.of(plan);
        return new PlannedTable(plan, applicability, applicability.attachable());
    }

    List<Applicability.Unsupported> unsupported() {
        return applicability == null ? List.of() : applicability.unsupported();
    }

    /** What becomes of the table, in one or two words. */
    String outcome() {
        if (!plan.selected()) {
            return "not selected";
        }
        return attached ? "attached" : "not attached";
    }
}
