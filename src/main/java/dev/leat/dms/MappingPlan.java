package dev.leat.dms;

import java.util.List;

/**
 * What a file of table mappings does with the tables of a database.
 *
 * @param tables by schema and name
 * @param notices what has no effect, or may surprise
 * @param faults conflicts between rules, and names that the database does not have. With any of them nothing can be applied
 */
public record MappingPlan(String file, List<TablePlan> tables, List<String> notices, List<String> faults) {

    public MappingPlan {
        tables = List.copyOf(tables);
        notices = List.copyOf(notices);
        faults = List.copyOf(faults);
    }

    public List<TablePlan> selected() {
        return tables.stream().filter(TablePlan::selected).toList();
    }
}
