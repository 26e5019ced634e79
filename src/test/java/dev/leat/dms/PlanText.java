package dev.leat.dms;

import dev.leat.dms.CatalogTable.CatalogColumn;
import dev.leat.dms.CatalogTable.TableKind;
import dev.leat.dms.TablePlan.TargetPlan;
import java.util.ArrayList;
import java.util.List;

/** Tables and plans as short texts. */
final class PlanText {

    private PlanText() {}

    /** Reads such as {@code view shop.orders(id bigint*, total numeric(10,2))}; a star marks the primary key. */
    static CatalogTable table(String text) {
        boolean view = text.startsWith("view ");
        String plain = view ? text.substring(5) : text;
        int begin = plain.indexOf('(');
        String[] names = plain.substring(0, begin).split("\\.", 2);
        List<CatalogColumn> columns = new ArrayList<>();
        List<String> key = new ArrayList<>();
        for (String column : plain.substring(begin + 1, plain.length() - 1).split(", ")) {
            boolean keyed = column.endsWith("*");
            String[] parts = (keyed ? column.substring(0, column.length() - 1) : column).split(" ", 2);
            columns.add(new CatalogColumn(parts[0], parts[1]));
            if (keyed) {
                key.add(parts[0]);
            }
        }
        return new CatalogTable(names[0], names[1], view ? TableKind.VIEW : TableKind.TABLE, columns, key, null);
    }

    /** All that a plan decides about its tables, one line each. */
    static List<String> lines(MappingPlan plan) {
        List<String> lines = new ArrayList<>();
        for (TablePlan table : plan.tables()) {
            SelectionRule selection = table.selection();
            lines.add((table.selected() ? "+ " : "- ")
                    + table.table()
                    + (selection == null ? "" : " by " + selection.rule().id()));
            TargetPlan target = table.target();
            if (selection == null || target == null) {
                continue;
            }
            add(lines, "rows", SourceFilter.sql(selection.filters()));
            add(
                    lines,
                    "load order",
                    selection.loadOrder() == null ? "" : selection.loadOrder().toString());
            add(lines, "as", target.toString().equals(table.table().toString()) ? "" : target.toString());
            add(
                    lines,
                    "key",
                    target.key().rule() == null
                            ? ""
                            : target.key().type().word() + " " + target.key().value());
            add(lines, "form", target.form() != null && target.form().document() ? "document" : "");
            for (ColumnPlan column : target.columns()) {
                column.decisions()
                        .forEach(decision -> lines.add("  " + column.name() + ": " + decision.text() + " by "
                                + (decision.rule() == null
                                        ? ""
                                        : decision.rule().id())));
            }
            target.attributes().forEach(each -> add(lines, "attribute " + each.name(), value(each.value())));
        }
        return lines;
    }

    private static void add(List<String> lines, String what, String text) {
        if (!text.isEmpty()) {
            lines.add("  " + what + ": " + text.strip());
        }
    }

    private static String value(ObjectMappingRule.MappedValue value) {
        if (value instanceof ObjectMappingRule.MappedDocument document) {
            List<String> members = new ArrayList<>();
            document.members().forEach((name, each) -> members.add(name + "=" + value(each)));
            return members.toString();
        }
        return ((ObjectMappingRule.MappedText) value).text().text();
    }
}
